import { type EventStep, mapEvents, type Step, withText } from './step.ts'

/** A fragment of a tool call, as the mock sends it. */
interface ToolFragment {
  readonly index?: number
  readonly id?: string
  readonly type?: string
  readonly function: { readonly name?: string; readonly arguments: unknown }
}

/** The choice of a chat completion chunk, as the mock sends it. */
export interface ChatChoice {
  readonly index: number
  readonly delta: { readonly content?: string; readonly tool_calls?: readonly [ToolFragment] }
  readonly finish_reason: string | null
}

/**
 * The steps of a chat completion with each choice changed; an empty list removes the event, and several are sent in one chunk
 * each. Usage and `[DONE]` stay as they are.
 */
export function changeChoices(
  steps: readonly Step[],
  change: (choice: ChatChoice, step: EventStep) => readonly object[],
): readonly Step[] {
  return mapEvents(steps, (step) =>
    withText(step, (text) => {
      if (!text.startsWith('data: {')) return text
      const chunk = JSON.parse(text.slice('data: '.length))
      const [choice] = chunk.choices as readonly ChatChoice[]
      if (!choice) return text
      return change(choice, step)
        .map((changed) => `data: ${JSON.stringify({ ...chunk, choices: [changed] })}\n\n`)
        .join('')
    }),
  )
}

/** The fragment of a tool call in a choice. */
export function fragmentOf({ delta }: ChatChoice): ToolFragment | undefined {
  return delta.tool_calls?.[0]
}

import type { RuleId } from '../grammar/rules.ts'
import type { ContentKind } from '../model/content.ts'
import { type Block, blocksOf, stopOf, toolFrame, toolOf, usageOf } from '../plan/content.ts'
import type { PlanKey } from '../plan/key.ts'
import { mark } from '../plan/texts.ts'
import { asText, type Part, parseObject, type Reading } from '../protocol/protocol.ts'
import { type PlanListener, TextVerifier } from './text-verifier.ts'

/** What a stream is compared with. */
export interface PlannedAnswer {
  readonly key: Pick<PlanKey, 'seed' | 'stream'> & { readonly content: ContentKind }
  /** Absent where the mock plays its own number, which only its usage tells. */
  readonly chunks: number | undefined
  /** Whether the mock says the usage. */
  readonly isUsageSent: boolean
  readonly model: string
  /** Names of the rules in the stream's protocol. */
  readonly rules: { readonly stop: RuleId; readonly usage: RuleId }
}

/** Characters of a tool call's arguments beyond what was planned that are kept. */
const maxExtra = 4096

/** What the arguments of a planned call begin with. */
const plannedCall = toolFrame.before + mark

/** One for all streams without a tool call. */
const noBlocks: readonly Block[] = []

interface Call {
  readonly block: Block | undefined
  name: string | undefined
  text: string
}

/** Compares what a stream said, event by event, with its plan: texts, tool calls, stop reason, usage, model. */
export class PlanVerifier {
  readonly #planned: PlannedAnswer
  readonly #listener: PlanListener
  readonly #texts: TextVerifier | undefined
  readonly #thinking: TextVerifier | undefined
  readonly #toolBlocks: readonly Block[]
  /** By the index that the protocol gives them, in the order in which they came. */
  #calls: Map<number, Call> | undefined
  #stop: string | undefined
  #inputTokens: number | undefined
  #outputTokens: number | undefined
  #model: string | undefined

  constructor(planned: PlannedAnswer, listener: PlanListener) {
    this.#planned = planned
    this.#listener = listener
    const { key, chunks } = planned
    const blocks =
      chunks === undefined ? [{ kind: 'text', from: 0, to: undefined } as const] : blocksOf(key.content, chunks)
    const verifierOf = (kind: Block['kind']) => {
      const block = blocks.find((each) => each.kind === kind)
      return block && new TextVerifier({ key, from: block.from, to: block.to, listener })
    }
    this.#texts = verifierOf('text')
    this.#thinking = verifierOf('thinking')
    const tools = blocks.filter((block): block is Block => block.kind === 'tool')
    this.#toolBlocks = tools.length > 0 ? tools : noBlocks
  }

  /** Whether anything that came is of a plan of this harness. */
  get isPlanned(): boolean {
    const isCallPlanned = [...(this.#calls?.values() ?? [])].some(({ text }) => text.startsWith(plannedCall))
    return this.#texts?.isPlanned === true || this.#thinking?.isPlanned === true || isCallPlanned
  }

  /** Takes more of the text, or of the thinking. */
  text(kind: 'text' | 'thinking', text: string): void {
    const verifier = kind === 'text' ? this.#texts : this.#thinking
    if (verifier) verifier.push(text)
    else if (text !== '') this.#listener.onWrong('I4', 0, `no ${kind}`, text)
  }

  /** Takes what an event said. */
  read(reading: Reading): void {
    for (const part of reading.parts) {
      if (part.kind === 'tool') this.#toolPart(part)
      else this.text(part.kind, part.text)
    }
    this.#stop = reading.stop ?? this.#stop
    this.#inputTokens = largest(reading.inputTokens, this.#inputTokens)
    this.#outputTokens = largest(reading.outputTokens, this.#outputTokens)
    this.#model ||= reading.model
  }

  /** The stream is over. `isSuccess`: it claims to be whole. */
  end(isSuccess: boolean): void {
    const { key, chunks = this.#outputTokens, rules, model } = this.#planned
    this.#thinking?.end(isSuccess)
    this.#texts?.end(isSuccess, this.#planned.chunks === undefined ? chunks : undefined)
    if (!isSuccess) return
    this.#endCalls()
    const at = this.#texts?.delta ?? 0
    const stop = stopOf[key.content]
    if (this.#stop !== undefined && this.#stop !== stop)
      this.#listener.onWrong(rules.stop, at, `stop reason ${stop}`, this.#stop)
    this.#endUsage(at, chunks)
    if (this.#model !== undefined && !isNameOf(this.#model, model))
      this.#listener.onWrong('I10', 0, `model ${model}`, this.#model)
  }

  #endUsage(at: number, chunks: number | undefined): void {
    const { key, rules, isUsageSent } = this.#planned
    const said = usageText(this.#inputTokens, this.#outputTokens)
    if (!isUsageSent) {
      if (this.#outputTokens !== undefined)
        this.#listener.onWrong('usage_estimated', at, 'no usage, as the mock sent none', said)
      return
    }
    const { inputTokens, outputTokens } = usageOf(key, chunks ?? 0)
    const planned = usageText(inputTokens, chunks === undefined ? undefined : outputTokens)
    if (said !== planned) this.#listener.onWrong(rules.usage, at, planned, said)
  }

  #toolPart({ index, text, name }: Part): void {
    this.#calls ??= new Map()
    let call = this.#calls.get(index)
    if (!call) {
      // The first that is too many says so; what comes beyond it is not followed.
      if (this.#calls.size > this.#toolBlocks.length) return
      call = { block: this.#toolBlocks[this.#calls.size], name: undefined, text: '' }
      this.#calls.set(index, call)
    }
    call.name ??= name
    const room = plannedLength(call.block) + maxExtra - call.text.length
    if (room > 0) call.text += text.slice(0, room)
  }

  #endCalls(): void {
    const { key } = this.#planned
    const calls = [...(this.#calls?.values() ?? [])]
    if (calls.length !== this.#toolBlocks.length)
      this.#listener.onWrong('I7', 0, `${this.#toolBlocks.length} tool calls`, `${calls.length}`)
    for (const [at, { block, name, text }] of calls.entries()) {
      if (!block) continue
      const planned = toolOf(key, at)
      if (name !== planned.name) this.#listener.onWrong('I7', block.from, `a call of ${planned.name}`, String(name))
      const said = asText(parseObject(text)?.['text'])
      if (said === undefined) {
        this.#listener.onWrong('I7', block.from, `arguments ${toolFrame.before}...${toolFrame.after}`, text)
        continue
      }
      // The first thing that is wrong with the arguments says enough.
      let isTold = false
      const verifier = new TextVerifier({
        key,
        ...block,
        listener: {
          onWrong: (rule, delta, expected, got) => {
            if (!isTold)
              this.#listener.onWrong('I7', delta, `in the arguments of tool call ${at}: ${expected} (${rule})`, got)
            isTold = true
          },
          onStamp: () => {},
        },
      })
      verifier.push(said)
      verifier.end(true)
    }
  }
}

/** Usage grows over a stream, and a gateway may say 0 until it knows. */
function largest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b)
}

function usageText(inputTokens: number | undefined, outputTokens: number | undefined): string {
  return `usage ${inputTokens ?? 'none'} in, ${outputTokens ?? 'none'} out`
}

/** Characters that a block's texts have at most. */
function plannedLength(block: Block | undefined): number {
  return block === undefined ? 0 : (block.to - block.from) * 80
}

/** Whether a model's name is the asked one, or the part of it behind what a router reads, as in `provider,model`. */
function isNameOf(got: string, asked: string): boolean {
  return got === asked || got === asked.slice(asked.search(/[,/]/) + 1)
}

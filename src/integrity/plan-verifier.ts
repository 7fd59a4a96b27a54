import { asText, parseObject } from '../base/json.ts'
import type { RuleId } from '../grammar/rules.ts'
import type { ContentKind } from '../model/content.ts'
import { type Block, blocksOf, toolFrame, toolOf, usageOf } from '../plan/content.ts'
import type { TextKey } from '../plan/key.ts'
import { mark } from '../plan/texts.ts'
import type { Part, Reading } from '../protocol/protocol.ts'
import { type PlanListener, TextVerifier } from './text-verifier.ts'

/** The plan that a stream is compared with. */
export interface PlannedAnswer {
  readonly key: TextKey & { readonly content: ContentKind }
  /** Undefined if the mock decides the number; then only the usage reveals it. */
  readonly chunks: number | undefined
  /** Whether the mock sends usage; undefined if the client does not request it: then it may be there or not. */
  readonly isUsageSent: boolean | undefined
  readonly model: string
  /** Why the answer ends, as the stream's protocol spells it. */
  readonly stop: string
  /** The rules for the stop reason and for usage in the protocol of the stream. */
  readonly rules: { readonly stop: RuleId; readonly usage: RuleId }
}

/** Characters of the arguments of a tool call that are kept beyond the planned length. */
const maxExtra = 4096

/** Limit of indices that no plan has; the content of later ones is compared with the plan. */
const maxForeign = 1000

/** The start of the arguments of a planned call. */
const plannedCall = toolFrame.before + mark

/** Shared by all streams without a tool call. */
const noBlocks: readonly Block[] = []

interface Call {
  readonly block: Block | undefined
  readonly plannedName: string
  /** Its name; if it had several, the last one that is not the planned name. */
  name: string | undefined
  text: string
}

/** Compares a stream with its plan event by event: texts, tool calls, stop reason, usage and model. */
export class PlanVerifier {
  readonly #planned: PlannedAnswer
  readonly #listener: PlanListener
  readonly #texts: TextVerifier | undefined
  readonly #thinking: TextVerifier | undefined
  readonly #toolBlocks: readonly Block[]
  /** By their index in the protocol, in order of arrival. */
  #calls: Map<number, Call> | undefined
  /** Indices of content that no plan has, such as blocks of an unknown type. */
  #foreign: Set<number> | undefined
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
      const block = blocks.find((planned) => planned.kind === kind)
      return block && new TextVerifier({ key, from: block.from, to: block.to, listener })
    }
    this.#texts = verifierOf('text')
    this.#thinking = verifierOf('thinking')
    const tools = blocks.filter((block): block is Block => block.kind === 'tool')
    this.#toolBlocks = tools.length > 0 ? tools : noBlocks
  }

  /** Whether any text or tool call comes from a plan of this program. */
  get isPlanned(): boolean {
    const isCallPlanned = [...(this.#calls?.values() ?? [])].some(({ text }) => text.startsWith(plannedCall))
    return this.#texts?.isPlanned === true || this.#thinking?.isPlanned === true || isCallPlanned
  }

  /** Whether a part belongs to content that no plan has. */
  isForeign({ index }: Part): boolean {
    return this.#foreign?.has(index) === true
  }

  /** Compares the next piece of text or thinking. */
  text(kind: 'text' | 'thinking', text: string): void {
    const verifier = kind === 'text' ? this.#texts : this.#thinking
    if (verifier) verifier.push(text)
    else if (text !== '') this.#listener.onMismatch('I4', 0, `no ${kind}`, text)
  }

  /** Compares the content of an event. */
  read(reading: Reading): void {
    for (const part of reading.parts) {
      if (part.isForeign === true) this.#addForeign(part.index)
      else if (this.isForeign(part)) continue
      else if (part.kind === 'tool') this.#toolPart(part)
      else this.text(part.kind, part.text)
    }
    this.#stop = reading.stop ?? this.#stop
    this.#inputTokens = largest(reading.inputTokens, this.#inputTokens)
    this.#outputTokens = largest(reading.outputTokens, this.#outputTokens)
    this.#model ||= reading.model
  }

  /** Ends the stream. `isSuccess`: the stream claims to be complete. */
  end(isSuccess: boolean): void {
    const { chunks = this.#outputTokens, rules, model, stop } = this.#planned
    this.#thinking?.end(isSuccess)
    this.#texts?.end(isSuccess, this.#planned.chunks === undefined ? chunks : undefined)
    if (!isSuccess) return
    this.#endCalls()
    const at = this.#texts?.delta ?? 0
    if (this.#stop !== undefined && this.#stop !== stop)
      this.#listener.onMismatch(rules.stop, at, `stop reason ${stop}`, this.#stop)
    this.#endUsage(at, chunks)
    if (this.#model !== undefined && !isRequestedModel(this.#model, model))
      this.#listener.onMismatch('I10', 0, `model ${model}`, this.#model)
  }

  #endUsage(at: number, chunks: number | undefined): void {
    const { key, rules, isUsageSent } = this.#planned
    if (isUsageSent === undefined) return
    const got = usageText(this.#inputTokens, this.#outputTokens)
    if (!isUsageSent) {
      if (this.#outputTokens !== undefined)
        this.#listener.onMismatch('usage_estimated', at, 'no usage, because the mock sent none', got)
      return
    }
    const { inputTokens, outputTokens } = usageOf(key, chunks ?? 0)
    const planned = usageText(inputTokens, chunks === undefined ? undefined : outputTokens)
    if (got !== planned) this.#listener.onMismatch(rules.usage, at, planned, got)
  }

  #addForeign(index: number): void {
    this.#foreign ??= new Set()
    if (this.#foreign.size < maxForeign) this.#foreign.add(index)
  }

  #toolPart({ index, text, name }: Part): void {
    this.#calls ??= new Map()
    let call = this.#calls.get(index)
    if (!call) {
      // The first extra call is enough for a mismatch; later ones are ignored.
      if (this.#calls.size > this.#toolBlocks.length) return
      const at = this.#calls.size
      call = { block: this.#toolBlocks[at], plannedName: toolOf(this.#planned.key, at).name, name: undefined, text: '' }
      this.#calls.set(index, call)
    }
    if (name && (call.name === undefined || name !== call.plannedName)) call.name = name
    const room = plannedLength(call.block, this.#planned.key.deltaBytes) + maxExtra - call.text.length
    if (room > 0) call.text += text.slice(0, room)
  }

  #endCalls(): void {
    const { key } = this.#planned
    const calls = [...(this.#calls?.values() ?? [])]
    if (calls.length !== this.#toolBlocks.length)
      this.#listener.onMismatch('I7', 0, `${this.#toolBlocks.length} tool calls`, `${calls.length}`)
    for (const [at, { block, plannedName, name, text }] of calls.entries()) {
      if (!block) continue
      if (name !== plannedName)
        this.#listener.onMismatch('I7', block.from, `a call of ${plannedName}`, name ?? 'a call without a name')
      const argument = asText(parseObject(text)?.['text'])
      if (argument === undefined) {
        this.#listener.onMismatch('I7', block.from, `arguments ${toolFrame.before}...${toolFrame.after}`, text)
        continue
      }
      // One mismatch per tool call is enough.
      let isReported = false
      const verifier = new TextVerifier({
        key,
        ...block,
        listener: {
          onMismatch: (rule, delta, expected, got) => {
            if (!isReported)
              this.#listener.onMismatch('I7', delta, `in the arguments of tool call ${at}: ${expected} (${rule})`, got)
            isReported = true
          },
          onStamp: () => {},
        },
      })
      verifier.push(argument)
      verifier.end(true)
    }
  }
}

/** The larger of two counts: usage grows over a stream, and a gateway may report 0 until it knows the count. */
function largest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b)
}

function usageText(inputTokens: number | undefined, outputTokens: number | undefined): string {
  return `usage ${inputTokens ?? 'none'} in, ${outputTokens ?? 'none'} out`
}

/** Upper limit of the length of the texts of a block, in characters. */
function plannedLength(block: Block | undefined, deltaBytes = 0): number {
  return block === undefined ? 0 : (block.to - block.from) * (80 + deltaBytes)
}

/** Whether a model is the requested one, or the part after the provider's name if the request was for `provider,model`. */
function isRequestedModel(got: string, requested: string): boolean {
  return got === requested || got === requested.slice(requested.search(/[,/]/) + 1)
}

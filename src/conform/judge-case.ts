import { faultTable } from '../fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../fault/parse-fault.ts'
import type { ProtocolName } from '../protocol/protocol.ts'
import type { StreamRecord } from '../record.ts'
import { reactionTo } from '../verdict/reaction.ts'
import type { ConformCase } from './cases.ts'

/** What a case found out. */
export interface JudgedCase extends Omit<ConformCase, 'content'> {
  readonly isRight: boolean
  /** What the client saw: `whole`, or how the stream failed. */
  readonly seen: string
  /** What the gateway made of it; absent for a clean stream, and straight at the mock. */
  readonly reaction?: string
  /** Why it is not right; empty where it is. */
  readonly why: string
  /** Rules that the stream broke. */
  readonly rules: readonly string[]
  readonly attempts?: number
  readonly durationS: number
}

/** How a case is judged: straight at the mock, or through a gateway. */
export interface JudgeOptions {
  readonly protocol: ProtocolName
  readonly chunks: number
  /** Time that the mock leaves between two deltas. */
  readonly delayMs: number
  readonly isDirect: boolean
}

/** Judges the stream of a case: straight at the mock, its class has to be exact; through a gateway, its reaction right. */
export function judgeCase(of: ConformCase, record: StreamRecord, options: JudgeOptions): JudgedCase {
  const { content: _, ...named } = of
  const { outcome, findings = [], attempts } = record
  const seen = outcome.state === 'failed' ? outcome.kind : outcome.state
  const broken = findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
  const buffered = of.fault === undefined ? bufferedText(record, options) : undefined
  const rules = [...new Set(buffered === undefined ? broken : [...broken, 'buffered'])]
  return {
    ...named,
    seen,
    rules,
    ...(attempts !== undefined && { attempts }),
    durationS: Number(((record.endedNs - record.startedNs) / 1e9).toFixed(3)),
    ...(of.fault === undefined
      ? judgeClean(record, rules, buffered)
      : options.isDirect
        ? judgeDirect(of.fault, seen, rules, options)
        : judgeThrough(record, options)),
  }
}

type Judgement = Pick<JudgedCase, 'isRight' | 'why' | 'reaction'>

function judgeClean(
  { outcome, findings = [] }: StreamRecord,
  rules: readonly string[],
  buffered: string | undefined,
): Judgement {
  if (outcome.state === 'failed') return { isRight: false, why: `it failed: ${outcome.kind}: ${outcome.detail}` }
  const first = findings.find(({ severity }) => severity === 'error')
  if (!first && buffered !== undefined) return { isRight: false, why: buffered }
  if (!first) return { isRight: outcome.state === 'whole', why: outcome.state === 'whole' ? '' : outcome.state }
  return { isRight: false, why: `${rules.join(', ')}: expected ${first.expected}, got ${first.got}` }
}

/**
 * What says that the stream was kept back: nothing of it came in the first half of its time, and then its deltas within a
 * quarter of that in which the mock sent them.
 */
function bufferedText(
  { startedNs, firstDeltaNs, lastDeltaNs, outcome }: StreamRecord,
  { chunks, delayMs }: JudgeOptions,
): string | undefined {
  if (outcome.state !== 'whole' || firstDeltaNs === undefined || lastDeltaNs === undefined) return undefined
  const plannedMs = (chunks - 1) * delayMs
  const spanMs = (lastDeltaNs - firstDeltaNs) / 1e6
  if (spanMs >= plannedMs / 4 || (firstDeltaNs - startedNs) / 1e6 < plannedMs / 2) return undefined
  return `buffered: its deltas came within ${Math.round(spanMs)} ms, and the mock sent them over ${plannedMs} ms`
}

function judgeDirect(
  fault: string,
  seen: string,
  rules: readonly string[],
  { protocol, chunks }: JudgeOptions,
): Judgement {
  const placed = parsePlaced(fault)
  if (!placed) throw new Error(`a case has the unknown fault ${fault}`)
  const { outcome, rule } = faultTable[placed.name].direct(protocol, deltasBefore(placed, chunks), chunks)
  const isOnceMore = faultTable[placed.name].isOnce && seen === outcome
  if (seen !== outcome && !isOnceMore) return { isRight: false, why: `expected ${outcome}` }
  const isFound = rule === undefined || rules.includes(rule)
  return { isRight: isFound, why: isFound ? '' : `expected ${rule} to be found` }
}

function judgeThrough(record: StreamRecord, { protocol, chunks }: JudgeOptions): Judgement {
  const reaction = reactionTo(record, protocol, chunks)
  if (!reaction) return { isRight: false, why: 'it was aborted' }
  const { name, isRight, why } = reaction
  return { reaction: name, isRight, why }
}

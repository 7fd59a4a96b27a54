import { faultTable } from '../fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../fault/parse-fault.ts'
import { isBuffered } from '../judge/buffering.ts'
import type { ConformCase, JudgedCase } from '../judge/conformance.ts'
import { reactionTo } from '../judge/reaction.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { StreamRecord } from '../model/record.ts'

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
  const rules = [...new Set([...broken, ...(isBuffered(record, options) ? ['buffered'] : [])])]
  return {
    ...named,
    seen,
    rules,
    ...(attempts !== undefined && { attempts }),
    durationS: Number(((record.endedNs - record.startedNs) / 1e9).toFixed(3)),
    ...(of.clientFault !== undefined
      ? judgeClient(record, options)
      : of.fault === undefined
        ? judgeClean(record, rules)
        : options.isDirect
          ? judgeDirect(of.fault, seen, rules, options)
          : judgeThrough(record, options)),
  }
}

type Judgement = Pick<JudgedCase, 'isRight' | 'why' | 'reaction'>

/** How long after its client has left, beside the time between two deltas, an upstream stream may go on, in ms. */
const cancelMs = 1000

function judgeClient({ outcome, upstream, endedNs }: StreamRecord, { delayMs }: JudgeOptions): Judgement {
  if (outcome.state === 'whole') return { isRight: true, why: '', reaction: 'whole' }
  if (outcome.state === 'failed') return { isRight: false, why: `it failed: ${outcome.kind}: ${outcome.detail}` }
  if (!upstream) return { isRight: true, why: '', reaction: 'cancelled' }
  const onForMs = upstream.state === 'open' ? undefined : Math.round((upstream.endedNs - endedNs) / 1e6)
  if (onForMs !== undefined && onForMs <= delayMs + cancelMs) return { isRight: true, why: '', reaction: 'cancelled' }
  const how = onForMs === undefined ? 'is open still' : `went on for ${onForMs} ms`
  return { isRight: false, why: `upstream_not_cancelled: the stream at the mock ${how}`, reaction: 'leaked' }
}

function judgeClean(record: StreamRecord, rules: readonly string[]): Judgement {
  const { outcome, findings = [] } = record
  if (outcome.state === 'failed') return { isRight: false, why: `it failed: ${outcome.kind}: ${outcome.detail}` }
  const first = findings.find(({ severity }) => severity === 'error')
  if (!first && rules.includes('buffered'))
    return { isRight: false, why: 'buffered: all of it came in one burst, when the mock had nearly sent it all' }
  if (!first) return { isRight: outcome.state === 'whole', why: outcome.state === 'whole' ? '' : outcome.state }
  return { isRight: false, why: `${rules.join(', ')}: expected ${first.expected}, got ${first.got}` }
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
  if (seen !== outcome) return { isRight: false, why: `expected ${outcome}` }
  const isFound = rule === undefined || rules.includes(rule)
  return { isRight: isFound, why: isFound ? '' : `expected ${rule} to be found` }
}

function judgeThrough(record: StreamRecord, { protocol, chunks }: JudgeOptions): Judgement {
  const reaction = reactionTo(record, { protocol, chunks, isDirect: false })
  if (!reaction) return { isRight: false, why: 'it was aborted' }
  const { name, isRight, why } = reaction
  return { reaction: name, isRight, why }
}

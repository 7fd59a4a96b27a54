import { faultTable } from '../fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../fault/parse-fault.ts'
import { titledRule } from '../grammar/rules.ts'
import { isBuffered } from '../judge/buffering.ts'
import { cancellationLimitMs, continuedMs } from '../judge/cancellation.ts'
import type { ConformCase, JudgedCase } from '../judge/conformance.ts'
import { reactionTo } from '../judge/reaction.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { StreamRecord } from '../model/record.ts'

/** What a case is judged by. */
interface JudgeOptions {
  readonly protocol: ProtocolName
  readonly chunks: number
  /** Time between two deltas of the mock, in ms. */
  readonly delayMs: number
  /** Whether the client talked to the mock directly. */
  readonly isDirect: boolean
}

/** Judges the stream of a case: directly at the mock, its class must be exact; through a gateway, the reaction must be right. */
export function judgeCase(conformCase: ConformCase, record: StreamRecord, options: JudgeOptions): JudgedCase {
  const { content: _, ...named } = conformCase
  const { outcome, findings = [], attempts } = record
  const seen = outcome.state === 'failed' ? outcome.kind : outcome.state
  const broken = findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
  const rules = [...new Set([...broken, ...(isBuffered(record, options) ? ['buffered'] : [])])]
  return {
    ...named,
    seen,
    rules,
    attempts,
    durationS: Number(((record.endedNs - record.startedNs) / 1e9).toFixed(3)),
    ...(conformCase.clientFault !== undefined
      ? judgeClientFault(record, options)
      : conformCase.fault === undefined
        ? judgeClean(record, rules)
        : options.isDirect
          ? judgeDirect(conformCase.fault, seen, rules, options)
          : judgeThrough(record, options)),
  }
}

type Judgement = Pick<JudgedCase, 'isRight' | 'why' | 'reaction'>

function judgeClientFault(record: StreamRecord, { delayMs }: JudgeOptions): Judgement {
  const { outcome } = record
  if (outcome.state === 'whole') return { isRight: true, why: '', reaction: 'whole' }
  if (outcome.state === 'failed') return { isRight: false, why: `failed: ${outcome.kind}: ${outcome.detail}` }
  const ms = continuedMs(record)
  if (ms === undefined || Math.round(ms) <= cancellationLimitMs(delayMs))
    return { isRight: true, why: '', reaction: 'cancelled' }
  const how = Number.isFinite(ms) ? `continued for ${Math.round(ms)} ms` : 'is still open'
  return { isRight: false, why: `upstream_not_cancelled: the stream at the mock ${how}`, reaction: 'leaked' }
}

function judgeClean(record: StreamRecord, rules: readonly string[]): Judgement {
  const { outcome, findings = [] } = record
  if (outcome.state === 'failed') return { isRight: false, why: `failed: ${outcome.kind}: ${outcome.detail}` }
  const first = findings.find(({ severity }) => severity === 'error')
  if (first) return { isRight: false, why: `${titles(rules)}: expected ${first.expected}, got ${first.got}` }
  if (rules.length > 0) return { isRight: false, why: titles(rules) }
  return { isRight: outcome.state === 'whole', why: outcome.state === 'whole' ? '' : outcome.state }
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
  const isReported = rule === undefined || rules.includes(rule)
  return { isRight: isReported, why: isReported ? '' : `expected a finding of ${titledRule(rule)}` }
}

function judgeThrough(record: StreamRecord, { protocol, chunks }: JudgeOptions): Judgement {
  const reaction = reactionTo(record, { protocol, chunks, isDirect: false })
  if (!reaction) return { isRight: false, why: 'aborted' }
  const { name, isRight, why } = reaction
  return { reaction: name, isRight, why }
}

function titles(rules: readonly string[]): string {
  return rules.map(titledRule).join(', ')
}

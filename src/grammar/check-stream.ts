import { type Buffer, isUtf8 } from 'node:buffer'
import { describeThrown } from '../base/errors.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import { SseParser } from '../protocol/sse.ts'
import { type Ending, type Finding, reportTo } from './finding.ts'
import { grammars } from './grammars.ts'

/** One event as an EventSource dispatches it. */
interface DispatchedEvent {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

/** A finding and the number of its event, from 1; 0 before the first event. */
export interface PlacedFinding extends Finding {
  readonly event: number
}

/** What to check, and the callbacks for events and findings. */
interface CheckOptions {
  /** Absent: only the SSE framing is checked. */
  readonly protocol?: ProtocolName
  /** Number of choices in the request; absent: any number. */
  readonly choices?: number
  readonly onEvent?: (event: DispatchedEvent) => void
  readonly onFinding: (finding: PlacedFinding) => void
}

/** Findings of each rule that are kept; further ones are only counted. */
const keptPerRule = 3

/** The findings of one rule and severity in one stream. */
export interface FindingGroup {
  readonly rule: Finding['rule']
  readonly severity: Finding['severity']
  count: number
  /** The first findings, `keptPerRule` at most. */
  readonly first: PlacedFinding[]
}

/** Counts of a stream, what was found in it, and how it ended. */
export interface CheckedStream {
  readonly bytes: number
  readonly events: number
  readonly comments: number
  readonly groups: readonly FindingGroup[]
  /** Absent without a protocol. */
  readonly ending?: Ending
}

/** Checks one captured stream in constant memory. Its bytes may be pushed in pieces of any size. */
interface StreamCheck {
  /** The findings so far. */
  readonly groups: readonly FindingGroup[]
  push(chunk: Buffer): void
  end(): CheckedStream
}

/** Creates the check of one stream: SSE framing (WHATWG HTML, section 9.2.6) and the grammar of its protocol. */
export function checkStream({ protocol, choices, onEvent, onFinding }: CheckOptions): StreamCheck {
  let bytes = 0
  let events = 0
  const groups: FindingGroup[] = []
  const report = reportTo((finding) => {
    const placed = { ...finding, event: events }
    addToGroups(groups, placed)
    onFinding(placed)
  })
  const grammar = protocol && grammars[protocol](report, { choices })
  const parser = new SseParser((type, buffer, start, end) => {
    events++
    if (!isUtf8(buffer.subarray(start, end))) report.broken('I4', 'valid UTF-8', 'invalid bytes')
    const data = buffer.toString('utf8', start, end)
    onEvent?.({ type, data, lastEventId: parser.lastEventId })
    grammar?.event(type, data)
  })
  let isOverflowReported = false
  let hasFailed = false
  /** Runs a step. An exception is a bug of this program: it becomes a finding, and the rest of the stream is not checked. */
  const guarded = (step: () => void) => {
    if (hasFailed) return
    try {
      step()
    } catch (cause) {
      hasFailed = true
      report.broken('internal_error', 'no exception', describeThrown(cause))
    }
  }
  const endOfStream = (): Ending | undefined => {
    if (!parser.overflowed && parser.end())
      report.broken('unterminated_final_event', 'a blank line after the last event', 'the end of the body')
    if (events > 0 || !grammar) return grammar?.end()
    const rule = bytes === 0 || parser.comments > 0 ? 'empty_stream' : 'protocol_not_sse'
    report.broken(rule, 'at least one event', `${bytes} bytes without an event`)
    return 'cut'
  }
  return {
    groups,
    push(chunk) {
      bytes += chunk.length
      guarded(() => parser.push(chunk))
      if (parser.overflowed && !isOverflowReported)
        report.broken('event_too_large', 'events of at most 8 MiB', 'a larger event')
      isOverflowReported = parser.overflowed
    },
    end() {
      let ending: Ending | undefined
      guarded(() => {
        ending = endOfStream()
      })
      return { bytes, events, comments: parser.comments, groups, ending }
    },
  }
}

function addToGroups(groups: FindingGroup[], finding: PlacedFinding): void {
  const { rule, severity } = finding
  let group = groups.find((candidate) => candidate.rule === rule && candidate.severity === severity)
  if (!group) {
    group = { rule, severity, count: 0, first: [] }
    groups.push(group)
  }
  group.count++
  if (group.first.length < keptPerRule) group.first.push(finding)
}

import { bugRemedy } from '../base/errors.ts'
import type { Run } from '../model/run.ts'
import { durationNs } from '../model/times.ts'
import { paceOf } from '../plan/mix.ts'
import { failedPartSentences } from './failed-parts.ts'
import { peakConcurrency } from './peak.ts'
import { requestedOf } from './phases.ts'
import { scheduleRemedy } from './remedies.ts'

/** One way in which the harness itself can fail a run: its sentences, none if it does not apply. */
interface HarnessCheck {
  readonly id: string
  readonly sentences: (run: Run) => readonly string[]
}

/** Every way in which the harness can fail a run. */
export const harnessChecks: readonly HarnessCheck[] = [
  { id: 'failed_part', sentences: failedPartSentences },
  {
    id: 'stopped',
    sentences: ({ stopped }) =>
      stopped?.why === undefined ? [] : [`The run ended during the ${stopped.phase}: ${stopped.why}`],
  },
  { id: 'local_resource', sentences: shortage },
  { id: 'internal_error', sentences: internalError },
  { id: 'not_loaded', sentences: notLoaded },
  { id: 'missed_peak', sentences: missedPeak },
]

/** Why the run says nothing about the gateway, however its streams ended, one sentence each. */
export function harnessFailures(run: Run): readonly string[] {
  return harnessChecks.flatMap(({ sentences }) => sentences(run))
}

const doctor = 'Run `ccr-sse-stress doctor`.'

/** The exhausted resource by error code, and what to do about it. */
const resources: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  EMFILE: ['file descriptors', doctor],
  ENFILE: ['system-wide file descriptors', 'Raise fs.file-max, or use fewer streams.'],
  EADDRNOTAVAIL: ['local ports', doctor],
  EADDRINUSE: ['local ports', doctor],
  ENOBUFS: ['socket memory', 'Raise net.ipv4.tcp_mem, or use fewer streams.'],
  ENOMEM: ['memory', 'Free memory, or use fewer streams.'],
}

function shortage(run: Run): readonly string[] {
  const details = run.records.flatMap(({ outcome }) =>
    outcome.state === 'failed' && outcome.kind === 'local_resource' ? [outcome.detail] : [],
  )
  if (details.length === 0) return []
  const codes = Object.keys(resources).filter((code) => details.some((detail) => detail.includes(code)))
  const what = codes.map((code) => `out of ${resources[code]?.[0]} (${code})`).join(', ') || details[0]
  const remedy = [...new Set(codes.map((code) => resources[code]?.[1]))].join(' ')
  return [`${details.length} of ${requestedOf(run)} streams failed on this machine: ${what}. ${remedy || doctor}`]
}

/** A stream that failed by our own exception. The detail names the place. */
function internalError(run: Run): readonly string[] {
  const failed = run.records.flatMap(({ stream, outcome }) =>
    outcome.state === 'failed' && outcome.kind === 'internal_error' ? [{ stream, detail: outcome.detail }] : [],
  )
  const [first] = failed
  if (!first) return []
  return [
    `${failed.length} of ${requestedOf(run)} streams failed in ccr-sse-stress itself. ${bugRemedy} Stream ${first.stream}: ${first.detail}`,
  ]
}

function notLoaded(run: Run): readonly string[] {
  const { records, interruptedBy, scenario, stopped, failedParts, abortedBy, died, notStarted } = run
  const judged = records.filter(({ outcome }) => outcome.state !== 'aborted').length
  if (interruptedBy) return judged === 0 ? [`Interrupted by ${interruptedBy} before any stream ended`] : []
  // A load with phases ends when its gateway has died.
  if (stopped || failedParts || abortedBy || (died && scenario.phases)) return []
  const missing = scenario.phases ? notStarted : scenario.streams - records.length
  if (missing > 0)
    return [
      `${missing} of ${requestedOf(run)} streams were never started, although the run was not interrupted. ${bugRemedy}`,
    ]
  // If clients abort on purpose, a run in which no stream ended by itself is valid.
  if (judged > 0 || records.some(({ clientFault }) => clientFault !== undefined)) return []
  return [`No stream ended by itself, although the run was not interrupted. ${bugRemedy}`]
}

/** Share of the requested streams that has to be open at one instant. */
const minPeakShare = 0.95

/** With shorter streams no peak is expected: the connects of a burst alone take tens of ms. */
const minPlannedMs = 100

/**
 * Whether the harness missed the planned peak. A run plans to have all of its streams open at once if they last
 * (`(chunks - 1) * delayMs` of the shortest, at least 100 ms) longer than their starts are spread (`rampMs`). The harness missed that peak if every
 * stream was complete, fewer than 95 % were ever open together, and the starts took longer, first to last, than the shortest
 * stream. A load with phases has no such peak. If the starts were on time, slow connects lowered the peak, and those are not the fault of the harness alone.
 */
function missedPeak({ scenario, records, instrument }: Run): readonly string[] {
  const { streams, rampMs } = scenario
  const { shortestMs: plannedMs } = paceOf(scenario)
  if (scenario.phases || plannedMs === undefined) return []
  if (plannedMs < minPlannedMs || rampMs >= plannedMs) return []
  if (records.length < streams || records.some(({ outcome }) => outcome.state !== 'whole')) return []
  const peak = peakConcurrency(records)
  if (peak >= minPeakShare * streams) return []
  let [firstNs, lastNs, shortestNs] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY]
  for (const record of records) {
    firstNs = Math.min(firstNs, record.startedNs)
    lastNs = Math.max(lastNs, record.startedNs)
    shortestNs = Math.min(shortestNs, durationNs(record) ?? Number.POSITIVE_INFINITY)
  }
  const spreadNs = lastNs - firstNs
  if (spreadNs <= shortestNs) return []
  const [spreadMs, shortestMs] = [spreadNs, shortestNs].map((ns) => Math.round(ns / 1e6))
  return [
    `Only ${peak} of ${streams} streams were open at once: the starts took ${spreadMs} ms (planned ${rampMs} ms), longer than the shortest stream (${shortestMs} ms). ${scheduleRemedy(instrument?.runner, 'Use fewer streams or longer ones.')}`,
  ]
}

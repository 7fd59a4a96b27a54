import { UsageError } from '../base/errors.ts'
import { wallTimeS } from '../judge/summary.ts'
import { mergeFlights, withoutStamps } from '../load/flight-recorder.ts'
import { mergeByIndex, sumByIndex } from '../load/load-result.ts'
import { mergedOf } from '../model/histogram.ts'
import type { Instrument, Left } from '../model/instrument.ts'
import type { MergedSource } from '../model/merged.ts'
import { type LoadPhase, mostStreamsOf } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import { gapProblems, mergeProblems, type StoredRun } from './merge-checks.ts'
import { mergedSeries } from './merged-series.ts'

/** Error of an offset between two wall clocks that are right, in ns: both instants are whole ms. */
const wallErrorNs = 2e6

/**
 * Merges the runs of several runners of one load into the run that one runner with all streams would have made. Throws a UsageError with
 * a problem for each reason why they are not parts of one load.
 */
export function mergeRuns(stored: readonly StoredRun[], id: string): Run {
  const problems = mergeProblems(stored)
  if (problems.length > 0) throw new UsageError(problems)
  const reference = (stored[0] as StoredRun).run
  const sources = stored.map(({ folder, run }) => {
    const clock = clockOf(run, reference)
    return { folder, clock, run: shifted(run, clock.offsetNs) }
  })
  const times = sources.flatMap(({ folder, run }) => {
    const wallS = wallTimeS(run.records)
    const beginNs = run.records.reduce((least, { startedNs }) => Math.min(least, startedNs), Number.POSITIVE_INFINITY)
    return wallS === undefined ? [] : [{ folder, beginNs, endNs: beginNs + wallS * 1e9 }]
  })
  const gaps = gapProblems(times)
  if (gaps.length > 0) throw new UsageError(gaps)
  const runs = sources.map(({ run }) => run)
  const merged = sources.map(({ run, clock }): MergedSource => ({ id: run.id, streams: run.records.length, ...clock }))
  return { ...mergeParts(runs), id, merged }
}

/** How the instants of a run relate to those of another one. */
function clockOf(run: Run, reference: Run): Pick<MergedSource, 'clock' | 'offsetNs' | 'errorNs'> {
  if (run === reference || (run.bootId !== undefined && run.bootId === reference.bootId))
    return { clock: 'boot', offsetNs: 0, errorNs: 0 }
  const epochNs = ({ startedAt, startedNs }: Run) => Date.parse(startedAt) * 1e6 - startedNs
  return { clock: 'wall', offsetNs: Math.round(epochNs(run) - epochNs(reference)), errorNs: wallErrorNs }
}

/** What the runs of a load have together. Their instants are on one clock. */
function mergeParts(runs: readonly Run[]): Omit<Run, 'id' | 'merged'> {
  const first = runs.reduce((earliest, run) => (run.startedNs < earliest.startedNs ? run : earliest))
  const isClockKnown = runs.every(({ transit, records }) => transit !== undefined || records.length === 0)
  const records = runs.flatMap((run) => run.records).sort((a, b) => a.stream - b.stream)
  const flights = mergeFlights(runs.map((run) => run.flights ?? []))
  const dropped = sumByIndex(runs.map((run) => run.dropped ?? []))
  const phaseTimes = mergeByIndex(
    runs.map((run) => run.phaseTimes ?? []),
    isClockKnown,
  )
  return {
    startedAt: first.startedAt,
    startedNs: first.startedNs,
    harnessVersion: first.harnessVersion,
    command: first.command,
    scenario: mergeScenarios(runs.map(({ scenario }) => scenario)),
    target: first.target,
    gateway: first.gateway,
    machine: runs.every(({ bootId }) => bootId !== undefined && bootId === first.bootId) ? first.machine : undefined,
    bootId: first.bootId,
    toxics: first.toxics,
    telemetry: mergeTelemetry(runs),
    instrument: mergeInstruments(runs.flatMap(({ instrument }) => instrument ?? [])),
    notStarted: runs.reduce((sum, { notStarted }) => sum + notStarted, 0),
    dropped: dropped.some((count) => count > 0) ? dropped : undefined,
    phaseTimes: first.scenario.phases && phaseTimes,
    stopped: runs.flatMap(({ stopped }) => stopped ?? [])[0],
    abortedBy: runs.flatMap(({ abortedBy }) => abortedBy ?? []).toSorted((a, b) => a.afterS - b.afterS)[0],
    failedParts: runs.some(({ failedParts }) => failedParts)
      ? runs.flatMap(({ failedParts = [] }) => failedParts)
      : undefined,
    interruptedBy: runs.flatMap(({ interruptedBy }) => interruptedBy ?? [])[0],
    series: mergedSeries(runs),
    interChunk: mergedOf(runs.map(({ interChunk }) => interChunk)).toJSON(),
    transit: isClockKnown ? mergedTransit(runs) : undefined,
    records,
    ...(flights.length > 0 ? { flights: isClockKnown ? flights : withoutStamps(flights) } : {}),
  }
}

function mergedTransit(runs: readonly Run[]): Run['transit'] {
  const parts = runs.flatMap(({ transit }) => transit ?? [])
  return parts.length === 0 ? undefined : mergedOf(parts).toJSON()
}

/** The scenario of all parts: their streams and rates together. */
function mergeScenarios(scenarios: readonly Scenario[]): Scenario {
  const first = scenarios[0] as Scenario
  const phases = first.phases?.map((_, index) =>
    mergePhases(scenarios.map(({ phases: list }) => list?.[index] as LoadPhase)),
  )
  const firstStream = Math.min(...scenarios.map((scenario) => scenario.firstStream ?? 0))
  return {
    ...first,
    streams: phases ? mostStreamsOf(phases) : sumOf(scenarios.map(({ streams }) => streams)),
    firstStream: firstStream > 0 ? firstStream : undefined,
    warmUpStreams: sumOf(scenarios.map(({ warmUpStreams }) => warmUpStreams)),
    ...(phases && { phases }),
  }
}

function mergePhases(phases: readonly LoadPhase[]): LoadPhase {
  const first = phases[0] as LoadPhase
  const sums = (['streams', 'total', 'rate', 'maxStreams'] as const).flatMap((name) =>
    first[name] === undefined ? [] : [[name, sumOf(phases.map((phase) => phase[name] ?? 0))] as const],
  )
  const stages = first.stages?.map(({ durationS }, index) => ({
    durationS,
    target: sumOf(phases.map((phase) => phase.stages?.[index]?.target ?? 0)),
  }))
  return { ...first, ...Object.fromEntries(sums), ...(stages && { stages }) }
}

/** The gateway's telemetry: from before the first load to after the last one. */
function mergeTelemetry(runs: readonly Run[]): Run['telemetry'] {
  const begin = ({ records }: Run) => extreme(records, ({ startedNs }) => startedNs, Math.min)
  const end = ({ records }: Run) => extreme(records, ({ endedNs }) => endedNs, Math.max)
  const loaded = runs.filter(({ records }) => records.length > 0)
  const [first] = loaded.toSorted((a, b) => begin(a) - begin(b))
  const last = loaded.toSorted((a, b) => end(a) - end(b)).at(-1)
  const largest = (name: 'sampledPeak' | 'highWaterMark') => {
    const values = runs.flatMap(({ telemetry }) => telemetry[name] ?? [])
    return values.length > 0 ? Math.max(...values) : undefined
  }
  return {
    samples: sumOf(runs.map(({ telemetry }) => telemetry.samples)),
    usageBefore: first?.telemetry.usageBefore,
    usageAfter: last?.telemetry.usageAfter,
    sampledPeak: largest('sampledPeak'),
    highWaterMark: largest('highWaterMark'),
  }
}

function extreme(
  records: readonly StreamRecord[],
  read: (record: StreamRecord) => number,
  choose: (a: number, b: number) => number,
): number {
  return records.reduce((value, record) => choose(value, read(record)), read(records[0] as StreamRecord))
}

/** The readings of all runners; of their machines, the worst. */
function mergeInstruments(instruments: readonly Instrument[]): Instrument | undefined {
  if (instruments.length === 0) return undefined
  const machines = instruments.map(({ machine }) => machine)
  const largest = (name: 'stealShare' | 'listenOverflows' | 'suspendedMs') => {
    const values = machines.flatMap((machine) => machine[name] ?? [])
    return values.length > 0 ? Math.max(...values) : undefined
  }
  const scarcest = (name: 'descriptors' | 'ports'): Left | undefined =>
    machines.flatMap((machine) => machine[name] ?? []).toSorted((a, b) => a.left / a.limit - b.left / b.limit)[0]
  return {
    runner: instruments.flatMap(({ runner }) => runner),
    machine: {
      stealShare: largest('stealShare'),
      listenOverflows: largest('listenOverflows'),
      descriptors: scarcest('descriptors'),
      ports: scarcest('ports'),
      suspendedMs: largest('suspendedMs'),
    },
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** The names of the instants of a record. */
const instants = [
  ...(['intendedNs', 'startedNs', 'connectedNs', 'requestSentNs', 'headersNs', 'firstByteNs', 'firstEventNs'] as const),
  ...(['firstDeltaNs', 'lastDeltaNs', 'lastByteNs', 'endedNs', 'largestGapEndNs'] as const),
]

/** A run with all of its instants moved to another clock. */
function shifted(run: Run, byNs: number): Run {
  if (byNs === 0) return run
  const { instrument, series } = run
  const readings = instrument?.runner.map((thread) => ({
    ...thread,
    pauses: thread.pauses?.map((pause) => ({ ...pause, fromNs: pause.fromNs + byNs, toNs: pause.toNs + byNs })),
  }))
  return {
    ...run,
    startedNs: run.startedNs + byNs,
    records: run.records.map((record) => ({
      ...record,
      ...Object.fromEntries(
        instants.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name] + byNs]])),
      ),
    })),
    flights: run.flights?.map((flight) => ({
      ...flight,
      startedNs: flight.startedNs + byNs,
      endedNs: flight.endedNs + byNs,
    })),
    series: series && { ...series, beginNs: series.beginNs + byNs },
    instrument: instrument && readings && { ...instrument, runner: readings },
  }
}

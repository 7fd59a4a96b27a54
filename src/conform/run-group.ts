import { bugRemedy } from '../base/errors.ts'
import { sleep } from '../base/sleep.ts'
import type { AnswerForm } from '../judge/answer-form.ts'
import { busyReasons } from '../judge/busy.ts'
import {
  type CaseRun,
  type Conformance,
  type ConformCase,
  type JudgedCase,
  judgeCase,
  probeAfter,
} from '../judge/conformance.ts'
import { afterRuns, isDecided, type TimedRun, timedRun } from '../judge/repeated-case.ts'
import { isDeadline } from '../model/failure.ts'
import type { StreamRecord } from '../model/record.ts'
import type { CaseGroup } from './cases.ts'
import { type PlayedGroup, type PlayOptions, playGroup, playStreams } from './play-group.ts'

/** What a group of cases needs. */
interface GroupOptions extends PlayOptions {
  /** Whether the client talks to the mock directly. */
  readonly isDirect: boolean
  readonly form: AnswerForm
  /** Whether the gateway served any stream before. Only then is it worth waiting until it serves again. */
  readonly hasServed: boolean
  /** How often a case must fail before that counts. */
  readonly failuresNeeded: number
}

/** The results of a group. */
interface GroupResult {
  readonly cases: readonly JudgedCase[]
  /** Names of cases whose fault the mock could not inject. */
  readonly notPlayed: readonly string[]
  readonly load: NonNullable<Conformance['load']>
}

/** How long a gateway may take to serve again after its upstream recovered, and the time between two probes, in ms. */
const recoveryMs = 30_000
const probeEveryMs = 1000

/** Distances between the seeds of runs and probes, so that a stream is never mistaken for another. */
const seeds = { run: 100, probe: 1000 } as const

/** Runs a group, repeats the cases that failed, and then probes the gateway. `seed` differs between groups by less than 100. */
export async function runGroup(group: CaseGroup, seed: number, options: GroupOptions): Promise<GroupResult> {
  const { failuresNeeded, signal } = options
  const runs = new Map<ConformCase, [TimedRun, ...TimedRun[]]>()
  const plays: PlayedGroup[] = []
  let pending = group.cases
  while (pending.length > 0 && !signal.aborted) {
    const plan = plays.length === 0 ? group.plan : (group.repeatPlan ?? group.plan)
    const play = await playGroup({ cases: pending, plan }, seed + plays.length * seeds.run, options)
    plays.push(play)
    for (const { conformCase, record } of play.played) {
      const judged = judgeCase(conformCase, record, { ...options, ...plan, protocol: options.target.protocol })
      runs.set(conformCase, added(runs.get(conformCase), timedRun(judged, play.surroundings)))
    }
    const undecided = [...runs].filter(([, ran]) => !isDecided(ran, failuresNeeded)).map(([conformCase]) => conformCase)
    pending = undecided.length > 0 && (await canRepeat(group, seed + plays.length, options)) ? undecided : []
  }
  const cases = group.cases.flatMap((conformCase) => {
    const ran = runs.get(conformCase)
    return ran ? [afterRuns(ran, failuresNeeded)] : []
  })
  const probes = signal.aborted ? [] : await probe(group, seed + seeds.probe, options)
  const notPlayed = (plays[0]?.skipped ?? []).map(({ name }) => name)
  return { cases: [...cases, ...probes], notPlayed, load: loadOf(group, plays) }
}

function added(runs: readonly TimedRun[] | undefined, run: TimedRun): [TimedRun, ...TimedRun[]] {
  const [first, ...rest] = runs ?? []
  return first === undefined ? [run] : [first, ...rest, run]
}

/** The background load of a group; one that reached a deadline on a busy machine, or that failed in this program, is not judged. */
export function loadOf(
  { name }: Pick<CaseGroup, 'name'>,
  plays: readonly Pick<PlayedGroup, 'clean' | 'surroundings'>[],
): GroupResult['load'] {
  const failed = plays.flatMap(({ clean, surroundings }) =>
    clean.flatMap(({ stream, outcome }) => {
      if (outcome.state !== 'failed') return []
      const text = `${name}: stream ${stream}: ${outcome.kind}: ${outcome.detail}`
      if (outcome.kind === 'internal_error') return [{ text, busy: [`${text}. ${bugRemedy}`] }]
      return [{ text, busy: isDeadline(outcome.kind) ? busyReasons(surroundings, 'deadline') : [] }]
    }),
  )
  const hurt = failed.filter(({ busy }) => busy.length === 0).map(({ text }) => text)
  return {
    streams: plays.reduce((sum, { clean }) => sum + clean.length, 0),
    hurt,
    notJudged: failed.length - hurt.length,
    busy: [...new Set(failed.flatMap(({ busy }) => busy))],
  }
}

/** Waits until the gateway serves again, if it does. A dead one cannot repeat a case. */
async function canRepeat(group: CaseGroup, seed: number, options: GroupOptions): Promise<boolean> {
  if (await options.topology.death()) return false
  await streamOnceServed(group, seed + seeds.probe / 2, options)
  return !options.signal.aborted
}

/** Probes a gateway after a group: its process must be alive, and one more clean stream must arrive complete. */
async function probe(group: CaseGroup, seed: number, options: GroupOptions): Promise<readonly JudgedCase[]> {
  const { topology, signal, failuresNeeded } = options
  const named = { name: probeAfter + group.name, describe: 'one more stream arrives complete', rows: [46, 47] }
  let runs: [TimedRun, ...TimedRun[]] | undefined
  do {
    const death = await topology.death()
    if (death) {
      const why = `${death.name} died: ${death.how}`
      const died = { isRight: false, result: 'fail', seen: 'died', reaction: 'crashed', why, durationS: 0 } as const
      return [{ ...named, ...died, rules: [], form: [], runs: 1 }]
    }
    const endWatch = await options.watch(topology, signal)
    const record = await streamOnceServed(group, seed + (runs?.length ?? 0), options)
    const surroundings = await endWatch()
    // Interrupted.
    if (!record || signal.aborted) return []
    runs = added(runs, timedRun(judgeProbe(named, record, options, group.plan), surroundings))
  } while (!isDecided(runs, failuresNeeded))
  return [afterRuns(runs, failuresNeeded)]
}

function judgeProbe(
  named: Pick<ConformCase, 'name' | 'describe' | 'rows'>,
  record: StreamRecord,
  { target, form, hasServed }: GroupOptions,
  plan: CaseGroup['plan'],
): CaseRun {
  const judging = { protocol: target.protocol, ...plan, isDirect: false, form }
  const judged = judgeCase({ ...named, content: 'plain' }, record, judging)
  // The cases of the clean streams report broken rules; the probe only requires a complete stream.
  if (judged.seen === 'whole') return { ...judged, isRight: true, timed: undefined, why: '' }
  // A gateway that never served a stream was not killed by these cases.
  return hasServed ? { ...judged, why: `dead_after: ${judged.why}` } : judged
}

/** Runs one clean stream, and repeats it while it is refused: a gateway may avoid a failed upstream for `recoveryMs`. */
async function streamOnceServed(
  { plan }: CaseGroup,
  seed: number,
  options: GroupOptions,
): Promise<StreamRecord | undefined> {
  for (const untilMs = performance.now() + recoveryMs; ; ) {
    const [record] = await playStreams({ ...plan, streams: 1, content: 'plain', seed }, options)
    // Waiting only helps against refusals.
    const isRefused = record?.outcome.state === 'failed' && /^(?:http|connect)_/.test(record.outcome.kind)
    if (!isRefused || !options.hasServed || performance.now() > untilMs) return record
    await sleep(probeEveryMs, options.signal)
  }
}

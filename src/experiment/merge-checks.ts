import type { Problem } from '../base/errors.ts'
import type { LoadPhase } from '../model/phase.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import { canonical } from '../model/scenario-digest.ts'

/** Most streams of all runs together: their records take some 450 MB. */
const mostStreams = 1_000_000

/** A stored run and its folder. */
export interface StoredRun {
  readonly folder: string
  readonly run: Run
}

/** When the load of a run began and ended, on the clock of the merged run, in ns. */
interface LoadTime {
  readonly folder: string
  readonly beginNs: number
  readonly endNs: number
}

/** Why runs are not the parts of one load, one problem for each difference; empty if they are. */
export function mergeProblems([first, ...others]: readonly StoredRun[]): readonly Problem[] {
  if (!first || others.length === 0)
    return [
      {
        where: 'merge',
        message: 'needs at least two run folders',
        hint: 'Pass the folder of each runner, for example results-a/latest results-b/latest.',
      },
    ]
  const all = [first, ...others]
  const streams = all.reduce((sum, { run }) => sum + run.records.length, 0)
  if (streams > mostStreams || all.some(({ run }) => run.thinned !== undefined))
    return [
      {
        where: 'merge',
        message: `has ${streams} streams (limit ${mostStreams}): every record has to be in memory`,
        hint: 'Compare or report the runs one by one.',
      },
    ]
  return [...all.flatMap(unmergeable), ...others.flatMap((other) => differences(first, other)), ...sharedStreams(all)]
}

/** Why a run cannot be a part of any load. */
function unmergeable({ folder, run }: StoredRun): readonly Problem[] {
  const { command, merged, stopped } = run
  if (command === 'run')
    return [
      {
        where: folder,
        message: 'was made by `run`; only runs of `stress` can be merged',
        hint: 'Start the mock and the gateway separately, then run `stress` on each machine.',
      },
    ]
  if (merged)
    return [{ where: folder, message: 'is already a merged run', hint: 'Merge the runs that it was made from.' }]
  if (stopped && stopped.phase !== 'load')
    return [{ where: folder, message: `ended in its phase ${stopped.phase}: its streams are not those of the load` }]
  return []
}

/** What two runs must have in common. */
const common: readonly (readonly [name: string, read: (run: Run) => unknown])[] = [
  ['version of ccr-sse-stress', ({ harnessVersion }) => harnessVersion],
  ['target', ({ target }) => target.baseUrl],
  ['protocol', ({ target }) => target.protocol],
  [
    'gateway',
    ({ gateway: { kind, name, version } }) => [kind, name, ...(version === undefined ? [] : [version])].join(' '),
  ],
  ['toxics', ({ toxics }) => toxics],
]

/** Members of a scenario in which the parts of one load may differ. */
const shares: ReadonlySet<string> = new Set(['streams', 'firstStream', 'warmUpStreams', 'phases'])
/** The same for a phase. */
const phaseShares: ReadonlySet<string> = new Set(['streams', 'total', 'rate', 'maxStreams', 'stages'])

function differences(first: StoredRun, other: StoredRun): readonly Problem[] {
  const differ = (name: string, a: unknown, b: unknown): readonly Problem[] =>
    canonical(a) === canonical(b)
      ? []
      : [{ where: other.folder, message: `${name} is ${shown(b)} instead of ${shown(a)} (${first.folder})` }]
  const [a, b] = [first.run.scenario, other.run.scenario]
  const members = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !shares.has(name)).sort()
  return [
    ...common.flatMap(([name, read]) => differ(name, read(first.run), read(other.run))),
    ...members.flatMap((name) => differ(name, a[name as keyof Scenario], b[name as keyof Scenario])),
    ...phaseDifferences(a.phases ?? [], b.phases ?? [], differ),
  ]
}

function phaseDifferences(
  a: readonly LoadPhase[],
  b: readonly LoadPhase[],
  differ: (name: string, a: unknown, b: unknown) => readonly Problem[],
): readonly Problem[] {
  const number = differ('number of phases', a.length, b.length)
  if (number.length > 0) return number
  return a.flatMap((phase, index) => {
    const other = b[index] as LoadPhase
    const members = [...new Set([...Object.keys(phase), ...Object.keys(other)])]
    const durations = ({ stages }: LoadPhase) => stages?.map(({ durationS }) => durationS)
    return [
      ...members
        .filter((name) => !phaseShares.has(name))
        .flatMap((name) =>
          differ(`${name} of the phase ${phase.name}`, phase[name as keyof LoadPhase], other[name as keyof LoadPhase]),
        ),
      ...differ(`durations of the stages of the phase ${phase.name}`, durations(phase), durations(other)),
      ...[...phaseShares].flatMap((name) => {
        const has = (candidate: LoadPhase) => candidate[name as keyof LoadPhase] !== undefined
        return differ(`whether the phase ${phase.name} has ${name}`, has(phase), has(other))
      }),
    ]
  })
}

/** Streams with the same number have the same plan, and were mixed up at the mock. */
function sharedStreams(runs: readonly StoredRun[]): readonly Problem[] {
  const owners = new Map<number, string>()
  return runs.flatMap(({ folder, run }) => {
    const shared = new Map<string, number[]>()
    for (const { stream } of run.records) {
      const owner = owners.get(stream)
      if (owner === undefined) owners.set(stream, folder)
      else shared.set(owner, [...(shared.get(owner) ?? []), stream].slice(0, 3))
    }
    return [...shared].map(([owner, streams]) => ({
      where: folder,
      message: `has streams with the same numbers as ${owner} (${streams.join(', ')}${streams.length < 3 ? '' : ', ...'})`,
      hint: 'Give each runner its own numbers with --first-stream.',
    }))
  })
}

/** Whether the loads were one: each must have overlapped in time with those before it. */
export function gapProblems(times: readonly LoadTime[]): readonly Problem[] {
  const sorted = times.toSorted((a, b) => a.beginNs - b.beginNs)
  let endNs = Number.POSITIVE_INFINITY
  let before = ''
  const problems: Problem[] = []
  for (const { folder, ...time } of sorted) {
    if (time.beginNs >= endNs)
      problems.push({
        where: folder,
        message: `did not run at the same time: it began ${((time.beginNs - endNs) / 1e9).toFixed(1)} s after the end of ${before}`,
        hint: 'Start all runners together.',
      })
    if (endNs === Number.POSITIVE_INFINITY || time.endNs > endNs) [endNs, before] = [time.endNs, folder]
  }
  return problems
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : canonical(value).slice(0, 80)
}

import { join } from 'node:path'
import { describeThrown, EnvironmentError, UsageError } from '../base/errors.ts'
import { fixed } from '../base/format.ts'
import { tryAll } from '../base/try-all.ts'
import { unusableBecause } from '../judge/compare/checks.ts'
import { judge } from '../judge/judgement.ts'
import { judgeRounds, type RoundRun, roundRunOf } from '../judge/rounds/rounds.ts'
import { type RoundPlace, type RoundsPlan, sequenceOfRound } from '../model/rounds.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import { typicalOf } from '../plan/mix.ts'
import { withoutSecrets } from '../process/secrets.ts'
import { type Rounds, roundsJson, roundsJunit, roundsText } from '../report/rounds.ts'
import { reportText } from '../report/text/report-text.ts'
import { jsonText } from '../results/output.ts'
import { folderOfRound, moveRun, writeRounds } from '../results/rounds-folder.ts'
import { newRunId } from '../results/run-id.ts'
import { linkLatest, writeResults } from '../results/write-results.ts'
import type { AgainstResult } from './against.ts'
import { readJudged } from './compare.ts'
import { createHost, sayIfKilled } from './host.ts'
import { showProgress } from './live-progress.ts'
import { type Measure, measureRun, type OpenOutputs } from './run-and-report.ts'

/** A gateway, and how to measure it. */
interface Contender {
  readonly scenario: Scenario
  readonly measure: Measure
}

/** What all runs share. */
interface Ground {
  readonly plan: RoundsPlan
  /** By the name of the gateway. */
  readonly contenders: ReadonlyMap<string, Contender>
  /** The folder of all rounds. */
  readonly folder: string
  readonly fileWords: OpenOutputs['fileWords']
  readonly host: ReturnType<typeof createHost>
  readonly progress: ReturnType<typeof showProgress>
}

/** How the rounds ended early. */
interface EarlyEnd {
  readonly interruptedBy?: Run['interruptedBy']
  readonly thrown?: unknown
}

/** Measures every gateway in each round, reports all runs together, and returns the exit status. */
export async function runInRounds(
  plan: RoundsPlan,
  contenders: ReadonlyMap<string, Contender>,
  outputs: OpenOutputs,
): Promise<number> {
  const id = newRunId()
  const folder = join(outputs.out, id)
  const [first] = contenders.values()
  const progress = showProgress(process.stderr, typicalOf((first as Contender).scenario))
  using host = createHost(progress.onProgress)
  const runs: RoundRun[] = []
  try {
    const { interruptedBy, thrown } = await measureRounds(
      { plan, contenders, folder, fileWords: outputs.fileWords, host, progress },
      async (run) => {
        runs.push(run)
        await save({ id, plan, runs }, folder)
      },
    )
    progress.stop()
    if (thrown !== undefined && runs.length === 0) throw thrown
    const error = thrown === undefined ? undefined : messageOf(thrown)
    sayIfKilled(host, `the results in ${folder}`)
    const status = await report({ id, plan, runs, interruptedBy, error }, folder, outputs)
    if (thrown !== undefined) throw thrown
    return status
  } finally {
    progress.stop()
  }
}

/** Makes the runs of all rounds, each of which `onRun` gets as it ends. An error or a signal ends them. */
async function measureRounds(ground: Ground, onRun: (run: RoundRun) => Promise<void>): Promise<EarlyEnd> {
  const { plan, host } = ground
  try {
    for (let round = 1; round <= plan.rounds; round++)
      for (const gateway of sequenceOfRound(plan.gateways, round))
        for (let attempt = 1; attempt <= plan.retryInvalid + 1; attempt++) {
          if (host.signal.aborted) return { interruptedBy: host.signal.reason }
          const run = await measureOnce({ gateway, round, attempt }, ground)
          if (run.folder !== '') await onRun(run)
          if (run.interruptedBy) return { interruptedBy: run.interruptedBy }
          if (run.state === 'counted') break
        }
    return {}
  } catch (thrown) {
    return { thrown }
  }
}

/** Makes one run and stores it. Its folder is empty if an interrupt before the first stream left nothing to store. */
async function measureOnce(place: RoundPlace, ground: Ground): Promise<RoundRun> {
  const { plan, contenders, folder, fileWords, host, progress } = ground
  const { gateway, round, attempt } = place
  const again = attempt > 1 ? `, attempt ${attempt} of ${plan.retryInvalid + 1}` : ''
  const title = `round ${round} of ${plan.rounds}, gateway ${gateway}${again}`
  progress.onProgress(title)
  const out = join(folder, gateway)
  const measured = await measureRun((contenders.get(gateway) as Contender).measure, { out, fileWords, host, progress })
  const run = plan.gateways.length > 1 ? withGateway(measured, gateway) : measured
  const judgement = judge(run)
  const judged = roundRunOf({ ...place, folder: '' }, run, judgement)
  if (judged.state === 'interrupted' && run.records.length === 0) return judged
  await writeResults(out, run, judgement, reportText(run, judgement, 'full'))
  const below = folderOfRound(place, judged, run.id)
  if (judged.state !== 'counted') await moveRun(join(out, run.id), join(folder, below))
  const { ttft } = judgement.summary
  const times = ttft ? `, TTFT p50 ${fixed(ttft.p50Ms, 2)} ms` : ''
  progress.onProgress(
    `${title}: ${judged.state === 'interrupted' ? 'interrupted' : judged.verdict.toUpperCase()}${times}`,
  )
  return { ...judged, folder: below }
}

/** A run with the command line that would measure its gateway alone. */
function withGateway(run: Run, gateway: string): Run {
  const words = run.words?.filter((text, at, all) => all[at - 1] !== '--gateway' && !/^--gateway(?:=|$)/.test(text))
  return words ? { ...run, words: [...words, '--gateway', gateway] } : run
}

async function save(rounds: Rounds, folder: string): Promise<void> {
  const judgement = judgeRounds(rounds.plan, rounds.runs, rounds)
  await writeRounds(folder, roundsJson(rounds, judgement), roundsText(rounds, judgement, 'full'))
}

/** Prints and writes what all runs together say, and returns the exit status. */
async function report(
  rounds: Rounds,
  folder: string,
  { out, json, junit, report: detail, compare, printer }: OpenOutputs,
): Promise<number> {
  const { id, plan, runs } = rounds
  const judgement = judgeRounds(plan, runs, rounds)
  // Printed first: a file that cannot be written must not suppress the report.
  printer.write(roundsText(rounds, judgement, detail))
  let compared: AgainstResult | undefined
  await tryAll([
    async () => {
      if (runs.length === 0) return
      await save(rounds, folder)
      process.stderr.write(`results in ${folder}\n`)
      const problem = await linkLatest(out, id)
      if (problem !== undefined) process.stderr.write(`${problem}\n`)
    },
    async () => {
      compared = compare && (await compareRounds(runs, folder, compare))
      if (compared) (compared.isRefused ? process.stderr : printer).write(compared.text)
    },
    async () => await json?.write(jsonText(roundsJson(rounds, judgement)), id),
    async () => await junit?.write(roundsJunit(rounds, judgement, compared?.junit), id),
  ])
  return judgement.exitStatus || (compared?.exitStatus ?? 0)
}

/** Compares the runs that count with earlier ones; undefined if none does. */
async function compareRounds(
  runs: readonly RoundRun[],
  folder: string,
  compare: NonNullable<OpenOutputs['compare']>,
): Promise<AgainstResult | undefined> {
  const folders = runs.flatMap((run) => (run.state === 'counted' ? [join(folder, run.folder)] : []))
  const judged = await readJudged(folders)
  const usable = judged.filter(({ run, judgement }) => unusableBecause(run, judgement) === undefined)
  if (judged.length === 0) return undefined
  return compare(...(usable.length > 0 ? usable : judged))
}

function messageOf(thrown: unknown): string {
  const isExpected = thrown instanceof EnvironmentError || thrown instanceof UsageError
  return withoutSecrets(isExpected ? thrown.message : (describeThrown(thrown).split('\n')[0] ?? ''))
}

import { join } from 'node:path'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { tryAll } from '../base/try-all.ts'
import { version } from '../base/version.ts'
import { searchCapacity } from '../experiment/capacity.ts'
import { startSession } from '../experiment/session.ts'
import { preflight } from '../host/preflight.ts'
import { judgeCapacity } from '../judge/capacity/capacity.ts'
import { type Capacity, capacitySchemaVersion } from '../model/capacity.ts'
import { type CapacityOptions, readCapacityOptions } from '../options/capacity-options.ts'
import { wordsWithoutSecrets } from '../options/request-headers.ts'
import { isStartedByCompose } from '../options/started-by.ts'
import { capacityText, trialText } from '../report/capacity.ts'
import { capacityJson } from '../report/capacity-json.ts'
import { reportText } from '../report/text/report-text.ts'
import { gatewayDifference, makeCapacityFolder, readResumed, writeCapacity } from '../results/capacity-file.ts'
import { capacityFiles } from '../results/layout.ts'
import { jsonText, type Output, openOutput, stdoutPlace, withoutOldOutputs } from '../results/output.ts'
import { newRunId } from '../results/run-id.ts'
import { checkWritable } from '../results/writable.ts'
import { linkLatest, writeResults } from '../results/write-results.ts'
import { createHost, sayIfKilled } from './host.ts'

/** `capacity`: the largest number of streams, or rate, that a gateway handles within the thresholds. */
export async function capacityCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const options = readCapacityOptions(argv, process.env)
  const { out, jsonOut } = options.run.outputs
  using json = jsonOut === undefined ? undefined : await openOutput(jsonOut)
  return await withoutOldOutputs([json], async () => {
    await checkWritable(out)
    const { of, search } = options.plan
    const { descriptorsPerStream } = options.run
    if (of === 'streams') preflight({ streams: search.from, descriptorsPerStream })
    return await searchAndReport(options, json)
  })
}

async function searchAndReport(options: CapacityOptions, json: Output | undefined): Promise<number> {
  const { folder, capacity: begun } = await begin(options)
  using host = createHost((text) => void process.stderr.write(`${text}\n`))
  const { experiment, topology, workers, passEnv } = options.run
  const placement = isStartedByCompose(process.env) ? 'containers' : topology.kind
  const runs = join(folder, capacityFiles.runs)
  const capacity = await searchCapacity({
    capacity: begun,
    experiment,
    needsUnloaded: options.needsUnloaded,
    start: (signal) => startSession(topology, newRunId(), { ...host, passEnv, signal }),
    newId: newRunId,
    store: async (run, judgement) =>
      void (await writeResults(runs, run, judgement, reportText(run, judgement, 'full'))),
    onTrial: async (capacity) => {
      await writeCapacity(folder, capacity)
      host.onProgress(trialText(capacity))
    },
    checkGateway: (found) => {
      const problem = begun.gateway && gatewayDifference(begun.gateway, found)
      if (problem) throw new UsageError([problem])
    },
    // The phases of each run are not reported: a search has dozens of them.
    context: { signal: host.signal, workers, placement, onProgress: () => undefined },
    nowMs: () => performance.now(),
  }).finally(() => host.throwUncaught())
  const judged = judgeCapacity(capacity)
  sayIfKilled(host, `the results in ${folder}`)
  const printer = json?.place === stdoutPlace ? process.stderr : process.stdout
  printer.write(capacityText(capacity, judged))
  await tryAll([
    async () => {
      await writeCapacity(folder, capacity)
      process.stderr.write(`results in ${folder}\n`)
      const problem = await linkLatest(options.run.outputs.out, capacity.id)
      if (problem !== undefined) process.stderr.write(`${problem}\n`)
    },
    async () => await json?.write(jsonText(capacityJson(capacity, judged)), capacity.id),
  ])
  if (capacity.ended?.why === 'environment') throw new EnvironmentError(capacity.ended.detail)
  return judged.exitStatus
}

/** The search to continue, or a new one in its own folder. */
async function begin(options: CapacityOptions): Promise<{ readonly folder: string; readonly capacity: Capacity }> {
  const { plan, resume, run } = options
  if (resume !== undefined) {
    const { folder, capacity } = await readResumed(resume, plan)
    // How precise the answer is, and how long it may take, may change.
    return { folder, capacity: { ...capacity, search: plan.search, machineLimit: plan.machineLimit } }
  }
  const id = newRunId()
  const capacity: Capacity = {
    schemaVersion: capacitySchemaVersion,
    id,
    startedAt: new Date().toISOString(),
    harnessVersion: version,
    ...plan,
    trials: [],
    tookS: 0,
    words: wordsWithoutSecrets(process.argv.slice(2)),
  }
  return { folder: await makeCapacityFolder(run.outputs.out, id), capacity }
}

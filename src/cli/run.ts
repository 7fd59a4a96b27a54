import { relative } from 'node:path'
import type { ExperimentContext } from '../experiment/context.ts'
import { runExperiment, stressTopology } from '../experiment/experiment.ts'
import { preflight } from '../host/preflight.ts'
import type { Run } from '../model/run.ts'
import { readRoundOptions } from '../options/rounds.ts'
import type { RunOptions } from '../options/run-options.ts'
import { schemaPath } from '../options/scenario-file.ts'
import { scenarioYaml } from '../options/scenario-yaml.ts'
import { isStartedByCompose } from '../options/started-by.ts'
import type { Host } from '../process/host.ts'
import { startLocalTopology } from '../topology/local.ts'
import { findStandingTopology } from '../topology/standing.ts'
import { readBase } from './against.ts'
import { type Measure, runAndReport, withOutputs } from './run-and-report.ts'
import { runInRounds } from './run-in-rounds.ts'

/** `run`: the complete test, from starting a mock and a gateway to the report. Of several gateways, or repeated, in rounds. */
export async function runCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const all = readRoundOptions(argv, process.env)
  const [options] = all
  const { rounds: plan } = options
  const { scenario } = options.experiment
  if (options.printScenario) {
    process.stdout.write(scenarioYaml(options.effective, relative(process.cwd(), schemaPath)))
    return 0
  }
  const placement = isStartedByCompose(process.env) ? 'containers' : options.topology.kind
  const compare = options.against && (await readBase(options.against, options.experiment, placement))
  const outputs = { ...options.outputs, compare, fileWords: options.fileWords }
  if (plan.gateways.length === 1 && plan.rounds === 1 && plan.retryInvalid === 0)
    return runAndReport(outputs, scenario, measureOf(options, placement))
  const contenders = all.map((own) => [own.gateway, { scenario, measure: measureOf(own, placement) }] as const)
  return withOutputs(outputs, (opened) => runInRounds(plan, new Map(contenders), opened))
}

function measureOf(options: RunOptions, placement: ExperimentContext['placement']): Measure {
  const { experiment, descriptorsPerStream, workers, passEnv } = options
  return async (context, host) => {
    preflight({ ...experiment.scenario, descriptorsPerStream })
    const run = await measure(options, { ...context, workers, placement }, { ...host, passEnv })
    const { name } = experiment.scenario
    // A runner in a container gets the scenario as flags.
    return { ...run, scenario: { ...run.scenario, ...(name !== undefined && { name }) } }
  }
}

/** Starts or finds the topology, and measures its gateway. */
async function measure({ topology, experiment }: RunOptions, context: ExperimentContext, host: Host): Promise<Run> {
  switch (topology.kind) {
    case 'local':
      return stressTopology(() => startLocalTopology(topology.options, host), runExperiment, experiment, context)
    case 'standing':
      return stressTopology(() => findStandingTopology(topology.options, host), runExperiment, experiment, context)
    case 'containers': {
      // Imported only here: loading it takes a fifth of the start-up of the other topologies.
      const { stressInContainers } = await import('../experiment/containers.ts')
      const options = { ...topology.options, project: `ccr-sse-stress-${context.id}` }
      return stressInContainers(options, host, experiment, context)
    }
  }
}

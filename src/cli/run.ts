import { relative } from 'node:path'
import type { ExperimentContext } from '../experiment/context.ts'
import { runExperiment, stressTopology } from '../experiment/experiment.ts'
import { preflight } from '../host/preflight.ts'
import type { Run } from '../model/run.ts'
import { type RunOptions, readRunOptions } from '../options/run-options.ts'
import { schemaPath } from '../options/scenario-file.ts'
import { scenarioYaml } from '../options/scenario-yaml.ts'
import { isStartedByCompose } from '../options/started-by.ts'
import type { Host } from '../process/host.ts'
import { startLocalTopology } from '../topology/local.ts'
import { findStandingTopology } from '../topology/standing.ts'
import { readBase } from './against.ts'
import { runAndReport } from './run-and-report.ts'

/** `run`: the complete test, from starting a mock and a gateway to the report. */
export async function runCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const options = readRunOptions(argv, process.env)
  const { scenario } = options.experiment
  if (options.printScenario) {
    process.stdout.write(scenarioYaml(options.effective, relative(process.cwd(), schemaPath)))
    return 0
  }
  const { outputs, fileWords } = options
  const placement = isStartedByCompose(process.env) ? 'containers' : options.topology.kind
  const compare = options.against && (await readBase(options.against, options.experiment, placement))
  return runAndReport({ ...outputs, compare, fileWords }, scenario, async (context, host) => {
    preflight({ ...scenario, descriptorsPerStream: options.descriptorsPerStream })
    const runContext = { ...context, workers: options.workers, placement }
    const run = await measure(options, runContext, { ...host, passEnv: options.passEnv })
    // A runner in a container gets the scenario as flags.
    return { ...run, scenario: { ...run.scenario, ...(scenario.name !== undefined && { name: scenario.name }) } }
  })
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

import { known } from '../base/known.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import { type Planned, stressTopology } from '../experiment/experiment.ts'
import { isInstallable } from '../gateways/gateway-table.ts'
import { workerCount } from '../host/workers.ts'
import type { Run } from '../model/run.ts'
import { scenarioVariables, sourceVariable } from '../options/compose-variables.ts'
import type { RunValues } from '../options/flags.ts'
import type { Host } from '../process/host.ts'
import type { ContainedGateway } from '../topology/containers/compose-files.ts'
import { defaultLimits } from '../topology/containers/gateway-limits.ts'
import type { ContainerTopologyOptions } from '../topology/containers/start.ts'
import { startLocalTopology } from '../topology/local.ts'
import { findStandingTopology } from '../topology/standing.ts'
import { createLog } from './log.ts'

/** Does a run in the topology that `--topology` names. */
export async function measureIn(
  values: RunValues,
  planned: Planned,
  context: ExperimentContext,
  killSignal: AbortSignal,
): Promise<Run> {
  const { gateway } = values
  const host: Host = {
    env: process.env,
    log: createLog('warn'),
    cli: { execPath: process.execPath, script: process.argv[1] ?? '' },
    onProgress: context.onProgress,
    signal: context.signal,
    killSignal,
  }
  const toxics = { list: values.toxic, seed: values.seed }
  const local = () =>
    startLocalTopology(
      {
        gateway,
        ccrBin: values['ccr-bin'],
        ccrSource: values['ccr-source'],
        mockPort: values['mock-port'],
        ccrPort: values['ccr-port'],
        chunks: values.chunks,
        delayMs: values['delay-ms'],
        model: values.model,
        mockWorkers: workersIn(values, planned),
        toxics,
      },
      host,
    )
  // Any other topology was refused for it.
  if (isInstallable(gateway)) return stressTopology(local, planned, context)
  const standing = () =>
    findStandingTopology(
      {
        gateway,
        gatewayUrl: planned.gatewayUrl,
        mockUrl: values['mock-url'] ?? `http://127.0.0.1:${values['mock-port']}`,
        loadUrl: values['load-url'],
        healthPath: values['health-path'],
        wire: values.wire,
        toxics,
      },
      host,
    )
  switch (values.topology) {
    case 'local':
      return stressTopology(local, planned, context)
    case 'standing':
      return stressTopology(standing, planned, context)
    case 'compose':
    case 'testcontainers': {
      // Loaded only here: it costs the other topologies a fifth of their start.
      const { stressInContainers } = await import('../experiment/containers.ts')
      const options = { ...containers(values.topology, gateway, values, planned, context.id), toxics }
      return stressInContainers(options, host, planned, context)
    }
  }
}

/** Workers of the mock, and of a runner in a container, which may see fewer cores than are here. */
function workersIn({ workers }: RunValues, { scenario }: Pick<Planned, 'scenario'>): number {
  return workerCount(workers, scenario)
}

function containers(
  driver: 'compose' | 'testcontainers',
  wanted: ContainedGateway | 'auto',
  values: RunValues,
  { scenario }: Planned,
  id: string,
): Omit<ContainerTopologyOptions, 'toxics'> {
  const gateway = wanted === 'auto' ? 'ccr-rust' : wanted
  const source = gateway === 'ccr-rust' ? (values['ccr-source'] ?? process.env['CCR_SOURCE']) : undefined
  const byDefault = driver === 'testcontainers' && gateway !== 'direct' ? defaultLimits : {}
  const limits = {
    ...byDefault,
    ...known({ cpus: values['ccr-cpus'], memoryMb: values['ccr-memory-mb'], pids: values['ccr-pids'] }),
  }
  return {
    project: `ccr-sse-stress-${id}`,
    driver,
    gateway,
    runner: 'container',
    mockPort: values['mock-port'],
    gatewayPort: values['ccr-port'],
    // The mock's own plan, for what comes without one, and the gateway's patience are those of the scenario.
    variables: {
      ...scenarioVariables(scenario),
      WORKERS: `${workersIn(values, { scenario })}`,
      ...sourceVariable(source, '--ccr-source'),
    },
    limits,
  }
}

import { known } from '../base/known.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import { type Planned, stressTopology } from '../experiment/experiment.ts'
import { isInstallable } from '../gateways/gateway-table.ts'
import { workersFor } from '../host/workers.ts'
import type { Run } from '../model/run.ts'
import { scenarioVariables, sourceVariable } from '../options/compose-variables.ts'
import type { RunValues } from '../options/flags.ts'
import type { ContainedGateway } from '../topology/containers/compose-files.ts'
import { defaultLimits } from '../topology/containers/gateway-limits.ts'
import type { ContainerTopologyOptions } from '../topology/containers/start.ts'
import { type HopOptions, withFrontHop } from '../topology/hop.ts'
import { startLocalTopology } from '../topology/local.ts'
import { findStandingTopology } from '../topology/standing.ts'
import { formatHopToxic } from '../toxic/parse-toxic.ts'
import { createLog } from './log.ts'

/** Does a run in the topology that `--topology` names. */
export async function measureIn(
  values: RunValues,
  planned: Planned,
  context: ExperimentContext,
  killSignal: AbortSignal,
): Promise<Run> {
  const { gateway } = values
  const { onPhase: onProgress, signal } = context
  const hops = {
    toxics: { list: values.toxic, seed: values.seed },
    cli: { execPath: process.execPath, script: process.argv[1] ?? '' },
    env: process.env,
    log: createLog('warn'),
    signal,
  } satisfies HopOptions
  const local = () =>
    startLocalTopology({
      gateway,
      ...known({ ccrBin: values['ccr-bin'], ccrSource: values['ccr-source'] }),
      mockPort: values['mock-port'],
      ccrPort: values['ccr-port'],
      chunks: values.chunks,
      delayMs: values['delay-ms'],
      model: values.model,
      mockWorkers: workersIn(values, planned),
      ...hops,
      onProgress,
      killSignal,
    })
  // Any other topology was refused for it.
  if (isInstallable(gateway)) return stressTopology(local, planned, context)
  const standing = async () => {
    const mockUrl = values['mock-url'] ?? `http://127.0.0.1:${values['mock-port']}`
    const { 'health-path': healthPath } = values
    const { gatewayUrl } = planned
    const found = await findStandingTopology({ gateway, gatewayUrl, mockUrl, healthPath, onProgress, signal })
    const wire = values.wire.map(formatHopToxic)
    const standing = { ...found, ...known({ loadUrl: values['load-url'] }), ...(wire.length > 0 && { toxics: wire }) }
    return withFrontHop(standing, { ...hops, killSignal })
  }
  switch (values.topology) {
    case 'local':
      return stressTopology(local, planned, context)
    case 'standing':
      return stressTopology(standing, planned, context)
    case 'compose':
    case 'testcontainers': {
      // Loaded only here: it costs the other topologies a fifth of their start.
      const { stressInContainers } = await import('../experiment/contained-run.ts')
      return stressInContainers(
        containers(values.topology, gateway, values, planned, { ...hops, id: context.id, onProgress }),
        planned,
        context,
      )
    }
  }
}

/** Workers of the mock, and of a runner in a container, which may see fewer cores than are here. */
function workersIn({ workers }: RunValues, { scenario }: Pick<Planned, 'scenario'>): number {
  return workersFor(workers, scenario)
}

function containers(
  driver: 'compose' | 'testcontainers',
  wanted: ContainedGateway | 'auto',
  values: RunValues,
  { scenario }: Planned,
  given: HopOptions & Pick<ContainerTopologyOptions, 'onProgress'> & { readonly id: string },
): ContainerTopologyOptions {
  const { id, ...others } = given
  const gateway = wanted === 'auto' ? 'ccr-rust' : wanted
  const source = gateway === 'ccr-rust' ? (values['ccr-source'] ?? process.env['CCR_SOURCE']) : undefined
  const byDefault = driver === 'testcontainers' && gateway !== 'direct' ? defaultLimits : {}
  const limits = {
    ...byDefault,
    ...known({ cpus: values['ccr-cpus'], memoryMb: values['ccr-memory-mb'], pids: values['ccr-pids'] }),
  }
  return {
    ...others,
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

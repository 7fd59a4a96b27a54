import { EnvironmentError } from '../../base/errors.ts'
import { askDocker } from '../../host/docker.ts'

/** Limits of the gateway's container; absent members are not limited. */
export interface GatewayLimits {
  /** CPU time per wall time, in cores. */
  readonly cpus?: number
  readonly memoryMb?: number
  /** Processes and threads. */
  readonly pids?: number
}

/** The defaults of the driver `testcontainers`, so that results from different machines are comparable. */
export const defaultLimits: GatewayLimits = { cpus: 1, memoryMb: 512 }

/** The limits of a gateway: those of the user, otherwise the defaults of the driver. */
export function limitsFor(driver: string, gateway: string, { cpus, memoryMb, pids }: GatewayLimits): GatewayLimits {
  const defaults = driver === 'testcontainers' && gateway !== 'direct' ? defaultLimits : {}
  return { cpus: cpus ?? defaults.cpus, memoryMb: memoryMb ?? defaults.memoryMb, pids: pids ?? defaults.pids }
}

/** The variables of the compose files that set the limits. */
export function limitVariables({ cpus, memoryMb, pids }: GatewayLimits): Record<string, string> {
  const values = { CCR_CPUS: cpus, CCR_MEMORY: memoryMb && `${memoryMb}m`, CCR_PIDS: pids }
  const set = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set.map(([name, value]) => [name, `${value}`]))
}

/** Checks that the engine enforces the limits. Throws an EnvironmentError that names each limit that it does not. */
export async function checkLimits(containerId: string, limits: GatewayLimits, env: NodeJS.ProcessEnv): Promise<void> {
  const text = await askDocker(['inspect', '--format', '{{json .HostConfig}}', containerId], env)
  const config: { NanoCpus?: number; Memory?: number; PidsLimit?: number | null } = JSON.parse(text)
  const pairs = [
    ['CPUs', limits.cpus, (config.NanoCpus ?? 0) / 1e9],
    ['MB of memory', limits.memoryMb, (config.Memory ?? 0) / 2 ** 20],
    ['processes', limits.pids, config.PidsLimit ?? 0],
  ] as const
  const lines = pairs.flatMap(([resource, requested, actual]) =>
    requested === undefined || Math.abs(requested - actual) <= 1e-6
      ? []
      : [`gateway limit: ${requested} ${resource} requested, ${actual || 'no limit'} in force (Docker engine)`],
  )
  if (lines.length > 0) throw new EnvironmentError(lines.join('\n'))
}

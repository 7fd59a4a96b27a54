import { EnvironmentError } from '../../base/errors.ts'
import { askDocker } from '../../host/docker.ts'

/** What a gateway's container is held to; what is absent is not limited. */
export interface GatewayLimits {
  /** CPU time per wall time, in cores. */
  readonly cpus?: number
  readonly memoryMb?: number
  /** Processes and threads. */
  readonly pids?: number
}

/** What testcontainers holds a gateway to where nothing is said: so that results compare from machine to machine. */
export const defaultLimits: GatewayLimits = { cpus: 1, memoryMb: 512 }

/** The variables of the compose file that set them. */
export function limitVariables({ cpus, memoryMb, pids }: GatewayLimits): Record<string, string> {
  return {
    ...(cpus !== undefined && { CCR_CPUS: `${cpus}` }),
    ...(memoryMb !== undefined && { CCR_MEMORY: `${memoryMb}m` }),
    ...(pids !== undefined && { CCR_PIDS: `${pids}` }),
  }
}

/** Asks the engine whether the limits are in force; an EnvironmentError that names each that is not. */
export async function checkLimits(containerId: string, limits: GatewayLimits, env: NodeJS.ProcessEnv): Promise<void> {
  const text = await askDocker(['inspect', '--format', '{{json .HostConfig}}', containerId], { env })
  const host: { NanoCpus?: number; Memory?: number; PidsLimit?: number | null } = JSON.parse(text)
  const asked = [
    ['CPUs', limits.cpus, (host.NanoCpus ?? 0) / 1e9],
    ['MB of memory', limits.memoryMb, (host.Memory ?? 0) / 2 ** 20],
    ['processes', limits.pids, host.PidsLimit ?? 0],
  ] as const
  const missing = asked.filter(([, wanted, got]) => wanted !== undefined && Math.abs(wanted - got) > 1e-6)
  if (missing.length === 0) return
  const lines = missing.map(
    ([what, wanted, got]) => `${wanted} ${what} asked for the gateway, ${got || 'no limit'} in force`,
  )
  throw new EnvironmentError(lines.join('\n'))
}

import { EnvironmentError, UsageError } from './errors.ts'

/** The exit status for each outcome of a command. */
export const exitStatus = {
  passed: 0,
  failed: 1,
  mostlyFailed: 2,
  invalid: 3,
  environment: 4,
  usage: 64,
  bug: 70,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const

/** A signal that ends a command in an orderly way. */
export type EndingSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

/** The exit status of a command that a signal ended. */
export function statusOfSignal(signal: EndingSignal): number {
  if (signal === 'SIGHUP') return exitStatus.hungUp
  return signal === 'SIGINT' ? exitStatus.interrupted : exitStatus.terminated
}

/** The exit status of a command that threw. */
export function statusOfError(error: unknown): number {
  if (error instanceof UsageError) return exitStatus.usage
  return error instanceof EnvironmentError ? exitStatus.environment : exitStatus.bug
}

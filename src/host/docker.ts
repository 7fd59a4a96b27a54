import { execFile } from 'node:child_process'
import { EnvironmentError } from '../base/errors.ts'

/** How to run the `docker` client. */
interface DockerOptions {
  readonly env: NodeJS.ProcessEnv
  /** Timeout in ms; none if absent. */
  readonly timeoutMs?: number
}

/** The output of the client. */
interface DockerOutput {
  readonly stdout: string
  readonly stderr: string
}

/** Runs `docker ARGS` until it exits. A failure is an EnvironmentError with the client's own message. */
export async function runDocker(args: readonly string[], env: NodeJS.ProcessEnv): Promise<DockerOutput> {
  const result = await execute(args, { env })
  if ('fault' in result) throw new EnvironmentError(`docker ${args.slice(0, 2).join(' ')}: ${result.fault}`)
  return result
}

/** Runs `docker ARGS` and returns its trimmed stdout. */
export async function askDocker(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return (await runDocker(args, env)).stdout.trim()
}

/** The parts of Docker that are available on this machine. */
export interface DockerFacts {
  /** Version of the engine, if one answers. */
  readonly engine?: string
  /** Version of the compose plugin. */
  readonly compose?: string
  /** Why no engine is available: the client's own message, or that there is no client. */
  readonly fault?: string
}

/** The fault of a machine without a `docker` client. */
export const noDocker = 'docker is not on PATH'

/** Asks the `docker` client for the versions of the engine and of the compose plugin. */
export async function readDocker(options: DockerOptions): Promise<DockerFacts> {
  const [engine, compose] = await Promise.all([
    readVersion(['version', '--format', '{{.Server.Version}}'], options),
    readVersion(['compose', 'version', '--short'], options),
  ])
  return { engine: engine.version, compose: compose.version, fault: engine.fault }
}

async function readVersion(
  args: readonly string[],
  options: DockerOptions,
): Promise<{ readonly version?: string; readonly fault?: string }> {
  const result = await execute(args, options)
  if ('fault' in result) return result
  const version = firstLine(result.stdout)
  return version === '' ? { fault: 'empty answer' } : { version }
}

function execute(
  args: readonly string[],
  { env, timeoutMs }: DockerOptions,
): Promise<DockerOutput | { readonly fault: string }> {
  const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 2 ** 20 } as const
  return new Promise((resolve) => {
    execFile('docker', args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout, stderr })
      if (error.code === 'ENOENT') return resolve({ fault: noDocker })
      if (error.killed && timeoutMs !== undefined) return resolve({ fault: `no answer within ${timeoutMs / 1000} s` })
      resolve({ fault: firstLine(stderr) || error.message })
    })
  })
}

function firstLine(output: string): string {
  return output.trim().split('\n', 1)[0] ?? ''
}

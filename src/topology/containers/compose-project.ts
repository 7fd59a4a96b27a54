import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { EnvironmentError } from '../../base/errors.ts'
import { askDocker, runDocker } from '../../host/docker.ts'
import {
  type Child,
  type ChildOptions,
  describeDeath,
  describeLines,
  runToEnd,
  startChild,
} from '../../process/child.ts'
import { startGuard } from '../../process/guard.ts'
import type { Log } from '../../process/host.ts'
import type { Output } from '../../process/last-lines.ts'
import { createRedactor } from '../../process/redact.ts'

/** The gateway of a container topology. `custom`: the user's image or container; `direct`: none. */
export type ContainedGateway = 'ccr-rust' | 'reference' | 'custom' | 'direct'

/** The folder with the compose files. It is the same path from `src` and from `dist`. */
const root = new URL('../../..', import.meta.url)

/** The absolute paths of the compose files for a gateway and further overrides, in the order in which they apply. */
export function composeFiles(gateway: ContainedGateway, overrides: readonly string[] = []): string[] {
  const names = gateway === 'ccr-rust' || gateway === 'custom' ? overrides : [gateway, ...overrides]
  const files = ['docker-compose.yml', ...names.map((name) => `docker-compose.${name}.yml`)]
  return files.map((file) => fileURLToPath(new URL(file, root)))
}

/** A compose project: its name, its files, and the environment with its variables. */
interface ComposeOptions {
  /** Characters: [a-z0-9-]. Part of the name of everything that is created, so that two projects never collide. */
  readonly project: string
  readonly files: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  /** A temporary folder that is removed with the project. */
  readonly folder: string
  /** Whether it uses images that it did not build. Those are not removed with it. */
  readonly hasForeignImages?: boolean
}

/** The state of a container, from the engine. */
export interface ContainerState {
  readonly id: string
  readonly running: boolean
  /** `created` until it is started for the first time. */
  readonly status: string
  readonly exitCode: number
  readonly oomKilled: boolean
  /** The image as it was requested by name, and the image's id. */
  readonly image: string
  readonly imageId: string
}

type OnLine = (line: string, from: Output) => void

/** An open compose project. Disposing of it removes its containers, networks, volumes and images. */
export interface ComposeProject extends AsyncDisposable {
  /** Runs `docker compose ARGS` until it exits. A failure is an EnvironmentError with its last lines. */
  compose(args: readonly string[], signal: AbortSignal, onLine?: OnLine): Promise<void>
  /** Starts `docker compose ARGS` with additional variables; the caller owns the process. */
  start(
    args: readonly string[],
    options: { readonly env: Readonly<Record<string, string>>; readonly onLine: OnLine },
  ): Promise<Child>
  /** The last lines of a service's log, redacted. */
  lastLines(service: string): Promise<readonly string[]>
  state(service: string): Promise<ContainerState | undefined>
  /** Whether `/health` on a port answers within a service's container. */
  isHealthy(service: string, port: number): Promise<boolean>
  /** The labels of a service's container, including those of its image. */
  labels(service: string): Promise<Readonly<Record<string, string>>>
  /** The address at which a port of a service is published, such as `127.0.0.1:32768`. */
  published(service: string, port: number): Promise<string>
  /** Lets this process end while the project exists. A guard then removes it. */
  unref(): void
  /** How the process in a running container ended, if config/containers/keep.sh recorded an end. */
  recordedEnd(id: string): Promise<string | undefined>
  /** Sends a signal to a container by name. */
  signal(container: string, signal: NodeJS.Signals): Promise<void>
}

const linesOfLog = 50
/** Time limit of a health check in a container, in ms: the script itself waits for up to 2 s. */
const healthTimeoutMs = 5000
/** Only the last lines of a failed build are shown, because the earlier ones are progress. */
const linesOfFailure = 12
const downArgs = ['down', '--volumes', '--remove-orphans', '--timeout', '2', '--rmi']

/** Opens a project; nothing is started yet. From here on, it is removed even if this process is killed. */
export function openComposeProject(options: ComposeOptions): ComposeProject {
  const { project, files, env, log, folder } = options
  const down = [...downArgs, options.hasForeignImages ? 'local' : 'all']
  const named = ['compose', '--project-name', project]
  const described = [...named, ...files.flatMap((file) => ['--file', file])]
  // Names only the project, because its files may be gone by then.
  const end = ['/bin/sh', '-c', 'rm -rf -- "$1"; shift; exec "$@"', 'sh', folder, 'docker', ...named, ...down]
  const guard = startGuard(end, env, `compose project ${project}`, log)
  const childOf = (args: readonly string[], onLine: OnLine): ChildOptions => ({
    name: `docker compose ${args[0]}`,
    command: 'docker',
    args: [...described, '--progress', 'plain', ...args],
    env,
    log,
    onLine,
  })
  const ask = (args: readonly string[]) => askDocker(args, env)
  const idOf = async (service: string) => (await ask([...described, 'ps', '--all', '--quiet', service])).split('\n')[0]
  let ended: Promise<void> | undefined
  return {
    start: (args, options) => startChild({ ...childOf(args, options.onLine), env: { ...env, ...options.env } }),
    async compose(args, signal, onLine = () => undefined) {
      const death = await runToEnd(childOf(args, onLine), signal)
      if (death.how === 'exit status 0') return
      throw new EnvironmentError(describeDeath({ ...death, lastLines: death.lastLines.slice(-linesOfFailure) }))
    },
    async lastLines(service) {
      const args = [...described, 'logs', '--no-color', '--no-log-prefix', '--tail', `${linesOfLog}`, service]
      const { stdout, stderr } = await runDocker(args, env)
      return `${stdout}${stderr}`.split('\n').map(createRedactor()).filter(Boolean)
    },
    async state(service) {
      const id = await idOf(service)
      if (!id) return undefined
      const { State, Config, Image } = JSON.parse(await ask(['inspect', '--format', '{{json .}}', id]))
      const { Running: running, Status: status, ExitCode: exitCode, OOMKilled: oomKilled } = State
      return { id, running, status, exitCode, oomKilled, image: Config.Image, imageId: Image }
    },
    async isHealthy(service, port) {
      const check = ['exec', '-T', service, '/app/config/containers/healthy.sh', `${port}`]
      const death = await runToEnd(
        childOf(check, () => undefined),
        AbortSignal.timeout(healthTimeoutMs),
      ).catch(() => undefined)
      return death?.how === 'exit status 0'
    },
    async labels(service) {
      const id = await idOf(service)
      return id ? JSON.parse(await ask(['inspect', '--format', '{{json .Config.Labels}}', id])) : {}
    },
    published: (service, port) => ask([...described, 'port', service, `${port}`]),
    unref: guard.unref,
    async recordedEnd(id) {
      // Fails if there is no such file, or if the user's image has no shell.
      const answer = await ask(['exec', id, 'sh', '-c', 'cat /tmp/ended']).catch(() => '')
      return answer === '' ? undefined : answer
    },
    async signal(container, signal) {
      await runDocker(['kill', '--signal', signal, container], env)
    },
    [Symbol.asyncDispose]() {
      ended ??= tearDown()
      return ended
    },
  }

  async function tearDown(): Promise<void> {
    const death = await runToEnd(
      childOf(down, () => undefined),
      new AbortController().signal,
    )
    guard.release()
    await guard.gone
    await rm(folder, { recursive: true, force: true })
    if (death.how !== 'exit status 0') throw new EnvironmentError(`the tear-down failed: ${describeDeath(death)}`)
  }
}

/** Duration of one series of requests, in ms. The state of the gateway's container is checked after each series. */
const seriesMs = 2000

/** Runs in the mock's container: sends requests until one is answered with 200; otherwise prints the last answer. */
const script = `
const [url, forMs] = process.argv.slice(1)
const until = Date.now() + Number(forMs)
let seen = 'no answer'
do {
  try {
    const { status, body } = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(Number(forMs)) })
    if (status === 200) process.exit(0)
    await body?.cancel()
    seen = 'HTTP ' + status
  } catch (cause) {
    seen = cause.cause?.code ?? cause.name
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
} while (Date.now() < until)
console.error('seen: ' + seen)
process.exit(1)
`

/** Waits for a 200 from the gateway inside its network. Without one, throws an EnvironmentError with its last lines. */
export async function waitFromWithin(
  project: ComposeProject,
  { url, timeoutMs, signal }: { readonly url: string; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const until = performance.now() + timeoutMs
  const args = ['exec', '-T', 'mock', 'node', '--input-type=module', '-e', script, url, `${seriesMs}`]
  for (;;) {
    let seen: string | undefined
    try {
      await project.compose(args, signal, (line) => {
        seen = /^seen: (.*)/.exec(line)?.[1] ?? seen
      })
      return
    } catch (cause) {
      signal.throwIfAborted()
      // The script printed nothing, so it did not run in the mock's container.
      if (seen === undefined) throw cause
      const state = await project.state('ccr')
      if (state?.running && performance.now() < until) continue
      const how = state?.running ? `within ${timeoutMs / 1000} s` : `before it ended with status ${state?.exitCode}`
      const lines = describeLines(await project.lastLines('ccr'))
      throw new EnvironmentError(
        `the container of ${state?.image ?? 'ccr'} did not become healthy: no 200 at ${url} ${how} (${seen})${lines}`,
        { cause },
      )
    }
  }
}

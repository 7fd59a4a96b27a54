import { rm } from 'node:fs/promises'
import { EnvironmentError } from '../../base/errors.ts'
import { askDocker, runDocker } from '../../host/docker.ts'
import { type Child, type ChildOptions, describeDeath, runToEnd, startChild } from '../../process/child.ts'
import { startGuard } from '../../process/guard.ts'
import type { Log } from '../../process/host.ts'
import type { Output } from '../../process/last-lines.ts'
import { redact } from '../../process/redact.ts'

/** Which project to drive: its name, the files that describe it, and the environment with its variables. */
export interface ComposeOptions {
  /** Of [a-z0-9-]; whatever is made carries it, so that two projects never meet. */
  readonly project: string
  readonly files: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  /** A temporary folder of the project's, which goes with it. */
  readonly folder: string
  /** Whether images that it did not build are among its own: only those that it built go with it. */
  readonly hasForeignImages?: boolean
}

/** What the engine says of a container. */
export interface ContainerState {
  readonly id: string
  readonly running: boolean
  /** `created` before it was ever started. */
  readonly status: string
  readonly exitCode: number
  readonly oomKilled: boolean
  /** The name that its image was asked by, and the image's own id. */
  readonly image: string
  readonly imageId: string
}

type OnLine = (line: string, from: Output) => void

/** A compose project. Disposing of it removes its containers, networks, volumes and images, and resolves when they are gone. */
export interface ComposeProject extends AsyncDisposable {
  /** Runs `docker compose WORDS` to its end; throws an EnvironmentError with its last lines where it fails. */
  compose(words: readonly string[], signal: AbortSignal, onLine?: OnLine): Promise<void>
  /** Starts `docker compose WORDS` with variables of its own, and leaves it to the caller. */
  start(
    words: readonly string[],
    how: { readonly env: Readonly<Record<string, string>>; readonly onLine: OnLine },
  ): Promise<Child>
  /** The last lines of a service's log, redacted. */
  lastLines(service: string): Promise<readonly string[]>
  state(service: string): Promise<ContainerState | undefined>
  /** The labels of a service's container, those of its image among them. */
  labels(service: string): Promise<Readonly<Record<string, string>>>
  /** Where a port of a service is published, such as `127.0.0.1:32768`. */
  published(service: string, port: number): Promise<string>
  /** Sends a signal to one container by its name. */
  signal(container: string, signal: NodeJS.Signals): Promise<void>
}

const linesOfLog = 50
/** What a build says last is why it failed; what it says before is a page of progress. */
const linesOfFailure = 12
const downWords = ['down', '--volumes', '--remove-orphans', '--timeout', '2', '--rmi']

/** Opens a project by its name; nothing is started yet. From here on its end is seen to, even that of this process. */
export function openComposeProject(options: ComposeOptions): ComposeProject {
  const { project, files, env, log, folder } = options
  const down = [...downWords, options.hasForeignImages ? 'local' : 'all']
  const named = ['compose', '--project-name', project]
  const described = [...named, ...files.flatMap((file) => ['--file', file])]
  // By its name alone: the files may be gone by then.
  const end = ['/bin/sh', '-c', 'rm -rf -- "$1"; shift; exec "$@"', 'sh', folder, 'docker', ...named, ...down]
  const guard = startGuard(end, env, `compose project ${project}`, log)
  const childOf = (words: readonly string[], onLine: OnLine): ChildOptions => ({
    name: `docker compose ${words[0]}`,
    command: 'docker',
    args: [...described, '--progress', 'plain', ...words],
    env,
    log,
    onLine,
  })
  const ask = (args: readonly string[]) => askDocker(args, { env })
  const idOf = async (service: string) => (await ask([...described, 'ps', '--all', '--quiet', service])).split('\n')[0]
  let ended: Promise<void> | undefined
  return {
    start: (words, how) => startChild({ ...childOf(words, how.onLine), env: { ...env, ...how.env } }),
    async compose(words, signal, onLine = () => undefined) {
      const death = await runToEnd(childOf(words, onLine), signal)
      if (death.how === 'exit status 0') return
      throw new EnvironmentError(describeDeath({ ...death, lastLines: death.lastLines.slice(-linesOfFailure) }))
    },
    async lastLines(service) {
      const words = [...described, 'logs', '--no-color', '--no-log-prefix', '--tail', `${linesOfLog}`, service]
      const { stdout, stderr } = await runDocker(words, { env })
      return `${stdout}${stderr}`.split('\n').map(redact).filter(Boolean)
    },
    async state(service) {
      const id = await idOf(service)
      if (!id) return undefined
      const { State, Config, Image } = JSON.parse(await ask(['inspect', '--format', '{{json .}}', id]))
      const { Running: running, Status: status, ExitCode: exitCode, OOMKilled: oomKilled } = State
      return { id, running, status, exitCode, oomKilled, image: Config.Image, imageId: Image }
    },
    async labels(service) {
      const id = await idOf(service)
      return id ? JSON.parse(await ask(['inspect', '--format', '{{json .Config.Labels}}', id])) : {}
    },
    published: (service, port) => ask([...described, 'port', service, `${port}`]),
    async signal(container, signal) {
      await runDocker(['kill', '--signal', signal, container], { env })
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

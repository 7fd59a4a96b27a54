import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { EnvironmentError } from '../src/errors.ts'
import type { BenchContext } from './context.ts'
import { listening } from './messages.ts'

/** A process that takes part: a script in `contenders/`, told its task in its first argument, that answers over IPC. */
export interface Contender {
  /** The next message that it sends. */
  readonly next: <T>(schema: z.ZodType<T>) => Promise<T>
  /** Asks a server for its report. */
  readonly askReport: () => void
}

/** A server among them, once it listens. */
export interface ServerContender extends Contender {
  readonly url: string
  /** The process that serves; others of it are below it. */
  readonly pid: number
}

const compileCache = fileURLToPath(new URL('../node_modules/.cache/bench', import.meta.url))

/** What no contender takes, slow as it may be. */
const lifetimeMs = 180_000
/** What a contender gets to end in order once its channel is closed. */
const graceMs = 3_000

/** Runs a contender for as long as `use` does; it is gone when the promise settles. */
export async function withContender<T>(
  { signal }: BenchContext,
  script: string,
  task: object,
  use: (contender: Contender) => Promise<T>,
): Promise<T> {
  // A process group of its own: Ctrl-C reaches this process only, which ends its contenders in order.
  const child = fork(fileURLToPath(new URL(`contenders/${script}.ts`, import.meta.url)), [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
    // As the program itself has one: what it costs to strip types is no contender's.
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  })
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, by) => resolve(code === null ? `signal ${by}` : `exit status ${code}`))
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000)
  })
  const messages = on(child, 'message', {
    close: ['disconnect'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(lifetimeMs)]),
  })
  try {
    return await use({
      next: async (schema) => {
        const { value, done } = await messages.next()
        if (done) throw new EnvironmentError(`${script} ended with ${await exited} and said nothing more; ${said}`)
        return schema.parse(value[0])
      },
      askReport: () => child.send('report'),
    })
  } finally {
    await end(child, exited)
  }
}

/** Runs a server contender for as long as `use` does. */
export function withServer<T>(
  context: BenchContext,
  script: string,
  task: object,
  use: (server: ServerContender) => Promise<T>,
): Promise<T> {
  return withContender(context, script, task, async (contender) => {
    const { listening: url, pid } = await contender.next(listening)
    return use({ ...contender, url, pid })
  })
}

async function end(child: ChildProcess, exited: Promise<string>): Promise<void> {
  if (child.connected) child.disconnect()
  const lastResort = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), graceMs)
  await exited
  clearTimeout(lastResort)
}

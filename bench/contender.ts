import type { ChildProcess } from 'node:child_process'
import type { z } from 'zod'
import { EnvironmentError } from '../src/base/errors.ts'
import type { BenchContext } from './context.ts'
import { listening } from './messages.ts'
import { startProgram } from './program.ts'

/** A process under test: a script in `contenders/` with its task as first argument, which answers over its channel. */
export interface Contender {
  /** The next message from it. */
  readonly next: <T>(schema: z.ZodType<T>) => Promise<T>
  /** Asks a server for its report. */
  readonly askReport: () => void
}

/** A server contender that is listening. */
export interface ServerContender extends Contender {
  readonly url: string
  /** The serving process; it may have children. */
  readonly pid: number
}

/** Timeout for any contender, in ms. */
const lifetimeMs = 180_000
/** Time for a contender to end after its channel was closed, in ms. */
const graceMs = 3_000

/** Runs a contender while `use` runs; it has ended when the promise settles. */
export async function withContender<T>(
  context: BenchContext,
  script: string,
  task: object,
  use: (contender: Contender) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(lifetimeMs)])
  const { child, channel } = await startProgram(script, task, context, signal)
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, by) => resolve(code === null ? `signal ${by}` : `exit status ${code}`))
  })
  let output = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-4000)
  })
  try {
    return await use({
      next: async (schema) => {
        const { value, done } = await channel.messages.next()
        if (done)
          throw new EnvironmentError(`${script} ended with ${await exited} without a further message; ${output}`)
        return schema.parse(value)
      },
      askReport: channel.askReport,
    })
  } finally {
    channel.close()
    await end(child, exited)
  }
}

/** Runs a server contender while `use` runs. */
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
  const lastResort = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), graceMs)
  await exited
  clearTimeout(lastResort)
}

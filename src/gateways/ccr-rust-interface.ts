import { EnvironmentError } from '../base/errors.ts'
import type { Log } from '../process/host.ts'
import { redact } from '../process/redact.ts'
import { runToEnd } from '../process/run-to-end.ts'

/** How a ccr-rust wants to be started, by its own account. */
export interface CcrRustInterface {
  /** Such as `1.3.0`; undefined where it does not say. */
  readonly version?: string
  /** Today's takes the port after its command `start`, older ones take it at the top. */
  readonly portStyle: 'start --port' | '--port'
  readonly takesHost: boolean
  /** Whether its help speaks of a limit of streams, so that CCR_MAX_STREAMS means something to it. */
  readonly hasStreamLimit: boolean
}

interface Answer {
  readonly ok: boolean
  readonly text: string
}

const answerTimeoutMs = 5000

/** How the binary is asked: in an environment of its own, until the signal. */
export interface Asking {
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly signal: AbortSignal
}

/** Asks the binary: its help, the help of `start`, its version. */
export async function askCcrRust(binary: string, asking: Asking): Promise<CcrRustInterface> {
  const ask = (...args: string[]) => answerOf(binary, args, asking)
  const [help, startHelp, version] = await Promise.all([ask('--help'), ask('start', '--help'), askVersion(ask)])
  const modern = /^\s+start\b/m.test(help.text) && hasOption(startHelp, 'port')
  const usage = modern ? startHelp : help
  if (!hasOption(usage, 'port'))
    throw new EnvironmentError(
      `${binary} does not look like ccr-rust: neither its --help nor that of its command start names --port; it says: ${firstLine(help.text)}`,
    )
  return {
    ...(version !== undefined && { version }),
    portStyle: modern ? 'start --port' : '--port',
    takesHost: hasOption(usage, 'host'),
    hasStreamLimit: hasOption(usage, 'max-streams') || usage.text.includes('CCR_MAX_STREAMS'),
  }
}

async function askVersion(ask: (...args: string[]) => Promise<Answer>): Promise<string | undefined> {
  return versionIn(await ask('--version')) ?? versionIn(await ask('version'))
}

function versionIn({ ok, text }: Answer): string | undefined {
  return ok ? /\b\d+\.\d+\.\d+[\w.+-]*/.exec(text)?.[0] : undefined
}

function hasOption({ ok, text }: Answer, name: string): boolean {
  return ok && new RegExp(`--${name}(?![\\w-])`).test(text)
}

function firstLine(text: string): string {
  return redact(text.trim().split('\n', 1)[0] ?? '') || 'nothing'
}

/** A refusal (exit status 2) is an answer too; only a program that cannot be run, or does not end, is an error. */
async function answerOf(binary: string, args: string[], { env, log, signal }: Asking): Promise<Answer> {
  const asked = `${binary} ${args.join(' ')}`
  const deadline = AbortSignal.timeout(answerTimeoutMs)
  const lines: string[] = []
  const options = { name: asked, command: binary, args, env, log, onLine: (line: string) => lines.push(line) }
  try {
    const { how } = await runToEnd(options, AbortSignal.any([signal, deadline]))
    if (!how.startsWith('exit status ')) throw new EnvironmentError(`cannot ask ${asked}: it ended with ${how}`)
    return { ok: how === 'exit status 0', text: lines.join('\n') }
  } catch (cause) {
    if (signal.aborted || cause !== deadline.reason) throw cause
    throw new EnvironmentError(`cannot ask ${asked}: no answer within ${answerTimeoutMs / 1000} s`, { cause })
  }
}

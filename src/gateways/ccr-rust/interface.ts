import { EnvironmentError } from '../../base/errors.ts'
import { runToEnd } from '../../process/child.ts'
import type { Host } from '../../process/host.ts'
import { redact } from '../../process/redact.ts'

/** How a ccr-rust binary is started, read from its own help. */
interface CcrRustInterface {
  /** Such as `1.3.0`; undefined if the binary does not print one. */
  readonly version?: string
  /** Current releases take the port as an option of the command `start`, older ones as a global option. */
  readonly portStyle: 'start --port' | '--port'
  readonly takesHost: boolean
  /** Whether the help mentions a stream limit, so that CCR_MAX_STREAMS has an effect. */
  readonly hasStreamLimit: boolean
}

interface Answer {
  readonly ok: boolean
  readonly text: string
}

const answerTimeoutMs = 5000

type Surroundings = Pick<Host, 'env' | 'log' | 'signal'>

/** Reads the binary's help, the help of its command `start`, and its version. */
export async function readCcrRustInterface(binary: string, host: Surroundings): Promise<CcrRustInterface> {
  const ask = (...args: string[]) => answerOf(binary, args, host)
  const [help, startHelp, version] = await Promise.all([ask('--help'), ask('start', '--help'), readVersion(ask)])
  const modern = /^[ \t]+start\b/m.test(help.text) && hasOption(startHelp, 'port')
  const usage = modern ? startHelp : help
  if (!hasOption(usage, 'port'))
    throw new EnvironmentError(
      `${binary} does not look like ccr-rust: neither --help nor start --help mentions --port (it prints: ${firstLine(help.text)}). Give another binary with --ccr-bin FILE.`,
    )
  return {
    version,
    portStyle: modern ? 'start --port' : '--port',
    takesHost: hasOption(usage, 'host'),
    hasStreamLimit: hasOption(usage, 'max-streams') || usage.text.includes('CCR_MAX_STREAMS'),
  }
}

async function readVersion(ask: (...args: string[]) => Promise<Answer>): Promise<string | undefined> {
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

/** Runs the binary and returns its output, whatever its exit status. Throws if it cannot be run or does not exit by itself. */
async function answerOf(binary: string, args: string[], { env, log, signal }: Surroundings): Promise<Answer> {
  const name = `${binary} ${args.join(' ')}`
  const deadline = AbortSignal.timeout(answerTimeoutMs)
  const lines: string[] = []
  const options = { name, command: binary, args, env, log, onLine: (line: string) => lines.push(line) }
  try {
    const { how } = await runToEnd(options, AbortSignal.any([signal, deadline]))
    if (!how.startsWith('exit status ')) throw new EnvironmentError(`${name} ended with ${how}.`)
    return { ok: how === 'exit status 0', text: lines.join('\n') }
  } catch (cause) {
    if (signal.aborted || cause !== deadline.reason) throw cause
    throw new EnvironmentError(`${name} did not end within ${answerTimeoutMs / 1000} s.`, { cause })
  }
}

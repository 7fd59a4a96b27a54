import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { nowNs } from '../src/clock.ts'
import { EnvironmentError } from '../src/errors.ts'
import type { BenchContext } from './context.ts'
import { freePort } from './free-port.ts'

/** One `npm start`, from its spawn, in ms. */
export interface StartUp {
  readonly firstStreamMs: number
  readonly wholeMs: number
  readonly problems: readonly string[]
}

const record = z.object({ connectedNs: z.number().optional() })
const root = fileURLToPath(new URL('..', import.meta.url))
/** What the command never takes. */
const limitMs = 60_000
/** What it gets to tear down when it is interrupted. */
const graceMs = 5_000

/** Runs `npm start` with its defaults (ports and output apart) and finds when its first stream was connected. */
export async function runNpmStart({ env, signal }: BenchContext): Promise<StartUp> {
  const folder = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-bench-'))
  try {
    const ports = ['--mock-port', `${await freePort()}`, '--ccr-port', `${await freePort()}`]
    const words = ['start', '--', '--gateway', 'reference', '--out', folder, ...ports]
    const spawnedNs = nowNs()
    const { status, stderr } = await run('npm', words, env, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]))
    const wholeMs = (nowNs() - spawnedNs) / 1e6
    signal.throwIfAborted()
    if (status !== 0) throw new EnvironmentError(`npm start ended with ${status}: ${stderr}`)
    const lines = (await readFile(join(folder, 'latest', 'streams.ndjson'), 'utf8')).trim().split('\n')
    const connected = lines.map((line) => record.parse(JSON.parse(line)).connectedNs).filter((ns) => ns !== undefined)
    const problems = connected.length === 0 ? ['npm start: no stream was connected'] : []
    return { firstStreamMs: (Math.min(...connected) - spawnedNs) / 1e6, wholeMs, problems }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs a command in a process group of its own; an abort ends the group in order, and then by force. */
function run(command: string, words: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal) {
  return new Promise<{ status: number | string; stderr: string }>((resolve, reject) => {
    const child = spawn(command, words, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4000)
    })
    const kill = (how: NodeJS.Signals) => process.kill(-(child.pid as number), how)
    let lastResort: NodeJS.Timeout | undefined
    const abort = () => {
      kill('SIGTERM')
      lastResort = setTimeout(() => kill('SIGKILL'), graceMs)
    }
    child.once('error', reject)
    child.once('spawn', () => (signal.aborted ? abort() : signal.addEventListener('abort', abort, { once: true })))
    child.once('close', (code, by) => {
      signal.removeEventListener('abort', abort)
      clearTimeout(lastResort)
      resolve({ status: code ?? by ?? 'no status', stderr })
    })
  })
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nowNs } from '../src/base/clock.ts'
import { EnvironmentError } from '../src/base/errors.ts'
import { describeDeath, runToEnd } from '../src/process/child.ts'
import { readRun } from '../src/results/read-run.ts'
import { freePort } from '../test/fixtures/free-port.ts'
import { silentLog } from '../test/fixtures/silent-log.ts'
import type { BenchContext } from './context.ts'

/** Times of one `npm start` since its spawn, in ms. */
export interface StartUp {
  readonly firstStreamMs: number
  readonly wholeMs: number
  readonly problems: readonly string[]
}

const root = fileURLToPath(new URL('..', import.meta.url))
/** Timeout of the command, in ms. */
const limitMs = 60_000

/** Runs `npm start` with its defaults (except ports and output) and returns when its first stream was connected. */
export async function runNpmStart({ env, signal }: BenchContext): Promise<StartUp> {
  const folder = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-bench-'))
  try {
    const ports = ['--mock-port', `${await freePort()}`, '--ccr-port', `${await freePort()}`]
    const words = ['start', '--', '--gateway', 'reference', '--out', folder, ...ports]
    const spawnedNs = nowNs()
    const npm = { name: 'npm start', command: 'npm', args: words, cwd: root, env, log: silentLog }
    const ended = await runToEnd(npm, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]))
    const wholeMs = (nowNs() - spawnedNs) / 1e6
    if (ended.how !== 'exit status 0') throw new EnvironmentError(describeDeath(ended))
    const { records } = await readRun(join(folder, 'latest'))
    const connected = records.map(({ connectedNs }) => connectedNs).filter((ns) => ns !== undefined)
    const problems = connected.length === 0 ? ['npm start: no stream was connected'] : []
    return { firstStreamMs: (Math.min(...connected) - spawnedNs) / 1e6, wholeMs, problems }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

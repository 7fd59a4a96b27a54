import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EnvironmentError } from '../src/base/errors.ts'
import { describeDeath, runToEnd } from '../src/process/child.ts'
import { freePort } from '../test/fixtures/free-port.ts'
import { silentLog } from '../test/fixtures/silent-log.ts'
import type { BenchContext } from './context.ts'

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
/** Time limit of a run in addition to its load: start, warm-up, drain and report, in ms. */
const aroundMs = 90_000
/** Exit statuses of a judged run: passed, failed, mostly failed, invalid. */
const judged = /^exit status [0-3]$/

/** Runs `run` through a gateway and returns its JSON report. Throws an EnvironmentError if the run was not judged. */
export async function runProduct(
  { env, signal }: BenchContext,
  gateway: string,
  flags: readonly string[],
  loadMs: number,
): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-bench-'))
  try {
    const report = join(folder, 'report.json')
    const ports = ['--mock-port', `${await freePort()}`, '--ccr-port', `${await freePort()}`]
    const args = [cli, 'run', '--gateway', gateway, ...flags, ...ports, '--out', folder, '--json-out', report]
    const run = { name: `run --gateway ${gateway}`, command: process.execPath, args, env, log: silentLog }
    const ended = await runToEnd(run, AbortSignal.any([signal, AbortSignal.timeout(loadMs + aroundMs)]))
    if (!judged.test(ended.how)) throw new EnvironmentError(describeDeath(ended))
    return JSON.parse(await readFile(report, 'utf8'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

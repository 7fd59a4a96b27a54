import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readMockStats } from '../../src/experiment/telemetry.ts'
import { type CliRun, startCli } from '../fixtures/cli.ts'
import { freePorts, isFree } from '../fixtures/free-port.ts'
import { isAlive, processesWith } from '../fixtures/processes.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { until } from '../fixtures/until.ts'

const fake = fileURLToPath(new URL('../fixtures/fake-ccr-rust.mjs', import.meta.url))
const toxics = ['--toxic', 'runner-gateway:latency=1ms', '--toxic', 'gateway-mock:latency=1ms']
const short = ['--streams', '3', '--chunks', '5', '--delay-ms', '10']
const long = ['--streams', '3', '--chunks', '5000', '--delay-ms', '20']
const plain = ['--no-baseline', '--no-warm-up']

interface Phase {
  readonly name: string
  readonly args: readonly string[]
  /** Resolves when the run is in this phase. */
  readonly reached: (run: CliRun, mockPort: number, temporary: string) => Promise<unknown>
  /** `npm test` kills a run in some phases only; with ALL_PHASES=1, in all. */
  readonly always?: boolean
}

const phases: readonly Phase[] = [
  {
    name: 'the start',
    args: [...short, ...plain],
    reached: (_run, _port, temporary) => until(() => readdirSync(temporary).length > 0),
    always: true,
  },
  { name: 'the warm-up', args: [...long, '--no-baseline'], reached: (run) => run.saw(/warming up/) },
  { name: 'the baseline', args: [...long, '--no-warm-up'], reached: (run) => run.saw(/baseline \(before\)/) },
  {
    name: 'the load',
    args: [...long, ...plain, ...toxics],
    reached: (_run, port) => until(async () => (await readMockStats(`http://127.0.0.1:${port}`))?.streamsOpen === 3),
    always: true,
  },
  { name: 'the drain', args: [...short, ...plain], reached: (run) => run.saw(/waiting for the gateway to drain/) },
  { name: 'the tear-down', args: [...short, ...plain], reached: (run) => run.saw(/tearing down/), always: true },
]
const wanted = phases.filter(({ always }) => always || process.env['ALL_PHASES'])

describe('a run of an installed gateway that is killed with SIGKILL', { timeout: 120_000, concurrency: true }, () => {
  for (const { name, args, reached } of wanted) {
    it(`in ${name}, while its processes are stopped, leaves no folder, process or port`, async (t) => {
      const folder = temporaryFolder(t)
      const temporary = join(folder, 'tmp')
      mkdirSync(temporary)
      const [mockPort, ccrPort] = (await freePorts(2)) as [number, number]
      const places = ['--mock-port', `${mockPort}`, '--ccr-port', `${ccrPort}`, '--out', join(folder, 'results')]
      const env = { CCR_BIN: fake, TMPDIR: temporary }
      const run = startCli(['run', '--gateway', 'ccr-rust', ...args, ...places], env)
      t.after(() => run.child.kill('SIGKILL'))
      const started = () => startedBy(run, mockPort, ccrPort, temporary)
      await reached(run, mockPort, temporary)
      const pids = started()
      assert.ok(pids.length > 0)
      for (const pid of pids) if (!isGuard(pid)) stop(pid)
      run.child.kill('SIGKILL')
      await run.ended
      await until(() => !pids.some(isAlive) && started().length === 0 && readdirSync(temporary).length === 0)
      assert.ok((await isFree(mockPort)) && (await isFree(ccrPort)))
    })
  }
})

/** Mock, proxies and gateway of a run, and their guards. */
function startedBy({ child }: CliRun, mockPort: number, ccrPort: number, temporary: string): number[] {
  const texts = [`--port ${mockPort}`, `127.0.0.1:${mockPort}`, `127.0.0.1:${ccrPort}`, temporary]
  const members = texts.flatMap(processesWith).filter((pid) => pid !== child.pid)
  return [...new Set([...members, ...members.flatMap((pid) => processesWith(`-- -${pid} `))])]
}

function isGuard(pid: number): boolean {
  return processesWith('read -r _').includes(pid)
}

function stop(pid: number): void {
  try {
    process.kill(pid, 'SIGSTOP')
  } catch (cause) {
    // In the tear-down, some have ended.
    assert.equal((cause as NodeJS.ErrnoException).code, 'ESRCH')
  }
}

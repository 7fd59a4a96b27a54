import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EnvironmentError } from '../../src/base/errors.ts'
import { conform } from '../../src/conform/conform.ts'
import { judge } from '../../src/judge/judgement.ts'
import { startMock } from '../../src/mock/mock.ts'
import type { RunPhase } from '../../src/model/run-phase.ts'
import type { ReportJson } from '../../src/report/json-schema.ts'
import { readRun } from '../../src/results/read-run.ts'
import { runCli } from '../fixtures/cli.ts'
import { runWithFailure, startTarget, type Target } from '../fixtures/failing-part.ts'
import { silentLog } from '../fixtures/silent-log.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const skip = process.platform !== 'linux' && 'needs /proc'

/** What an accusation of the gateway looks like in a reason. */
const accusation = /The gateway died|gateway failed|dead_after|streams failed|_leak|not_cancelled|Content differs/

const dead = 'signal SIGKILL'

const silent = /^no answer at http/

/** Who gets which signal in which phase; how the failed part is named, and why it failed. */
type Case = readonly [Target, NodeJS.Signals, RunPhase, name: string, how: RegExp | string]

const failures: readonly Case[] = [
  ['mock', 'SIGSTOP', 'warm-up', 'mock', silent],
  ['mock', 'SIGSTOP', 'load', 'mock', silent],
  ['mock', 'SIGSTOP', 'drain', 'mock', silent],
  ['mock', 'SIGKILL', 'second baseline', 'mock', dead],
  ['mock worker', 'SIGSTOP', 'load', 'mock', silent],
  ['gateway-mock', 'SIGKILL', 'load', 'proxy gateway-mock', dead],
  ['gateway-mock', 'SIGSTOP', 'load', 'proxy gateway-mock', silent],
  ['gateway-mock', 'SIGKILL', 'drain', 'proxy gateway-mock', dead],
  ['runner-gateway', 'SIGKILL', 'load', 'proxy runner-gateway', dead],
]

/** Played only with ALL_FAULTS=1. */
const moreFailures: readonly Case[] = [
  ['runner-gateway', 'SIGSTOP', 'load', 'proxy runner-gateway', silent],
  ['mock', 'SIGKILL', 'warm-up', 'mock', dead],
  ['mock', 'SIGKILL', 'baseline', 'mock', dead],
  ['mock', 'SIGSTOP', 'baseline', 'mock', silent],
  ['mock', 'SIGKILL', 'load', 'mock', dead],
  ['mock', 'SIGKILL', 'drain', 'mock', dead],
  ['mock', 'SIGSTOP', 'second baseline', 'mock', silent],
  ['mock worker', 'SIGKILL', 'load', 'mock', 'exit status 4'],
  ['mock worker', 'SIGSTOP', 'drain', 'mock', silent],
  ['gateway-mock', 'SIGSTOP', 'drain', 'proxy gateway-mock', silent],
  ['runner-gateway', 'SIGKILL', 'drain', 'proxy runner-gateway', dead],
  ['runner-gateway', 'SIGSTOP', 'drain', 'proxy runner-gateway', silent],
]

const isComplete = process.env['ALL_FAULTS'] === '1'

/** What happens to the gateway, and what the reasons say then. */
const gatewayFailures: readonly (readonly [NodeJS.Signals, RunPhase, RegExp])[] = [
  ['SIGSTOP', 'warm-up', /failed all 2 warm-up streams/],
]

const moreGatewayFailures: typeof gatewayFailures = [
  ['SIGKILL', 'load', /The gateway died \(reference gateway, signal SIGKILL\)/],
  ['SIGKILL', 'warm-up', /The gateway died \(reference gateway, signal SIGKILL\)/],
  ['SIGSTOP', 'load', /6\/6 streams failed/],
  ['SIGSTOP', 'drain', /dead_after/],
]

// Most of the time is spent waiting for what hangs, so that they run at the same time.
describe('the harness and its failures', { concurrency: 4 }, () => {
  describe('a part of the harness that fails makes the run invalid, and the gateway is not blamed', {
    skip,
    concurrency: 5,
  }, () => {
    for (const [target, signal, phase, name, how] of isComplete ? [...failures, ...moreFailures] : failures)
      it(`${target}, ${signal}, ${phase}`, { timeout: 120_000 }, async (t) => {
        const run = await runWithFailure(t, target, signal, phase)
        const { verdict, reasons, exitStatus, gatewayFindings } = judge(run)
        const [part, ...others] = run.failedParts ?? []
        const text = JSON.stringify(
          { reasons, gatewayFindings, part, others, died: run.died, stopped: run.stopped },
          undefined,
          1,
        )
        assert.deepEqual([verdict, exitStatus], ['invalid', 3], text)
        assert.deepEqual([part?.name, part?.phase, others.length], [name, phase, 0], text)
        if (typeof how === 'string') assert.equal(part?.how, how)
        else assert.match(part?.how ?? '', how)
        assert.match(
          reasons[0] ?? '',
          new RegExp(`^The ${name} (died|stopped answering) \\(.* during the ${phase}\\. `),
          text,
        )
        assert.doesNotMatch(reasons.join('\n'), accusation)
        assert.deepEqual(gatewayFindings, [], text)
        assert.equal(run.died, undefined)
        // The process of the mock that hangs or ended, in the last lines of the mock.
        if (target === 'mock worker')
          assert.match(part?.lastLines.join('\n') ?? '', /mock worker \d of 2 (ended|does not answer)/)
        if (phase === 'warm-up' || phase === 'baseline') assert.deepEqual(run.stopped, { phase, why: undefined })
      })
  })

  describe('a gateway that fails still fails the run', { skip, concurrency: 3 }, () => {
    for (const [signal, phase, reason] of isComplete ? [...gatewayFailures, ...moreGatewayFailures] : gatewayFailures)
      it(`${signal}, ${phase}`, { timeout: 120_000 }, async (t) => {
        const run = await runWithFailure(t, 'gateway', signal, phase)
        const { verdict, reasons } = judge(run)
        assert.equal(verdict, 'fail', reasons.join('\n'))
        assert.match(reasons.join('\n'), reason)
        assert.equal(run.failedParts, undefined)
      })
  })

  describe('a worker thread of the runner that dies', { concurrency: 1 }, () => {
    for (const phase of isComplete ? (['load', 'second baseline'] as const) : (['load'] as const))
      it(`makes a run invalid: during the ${phase}`, { skip, timeout: 120_000 }, async (t) => {
        const run = await runWithFailure(t, 'runner worker', 'SIGKILL', phase)
        const { verdict, reasons, exitStatus, gatewayFindings } = judge(run)
        assert.deepEqual([verdict, exitStatus], ['invalid', 3], reasons.join('\n'))
        const sentence = `The runner worker 1 of 2 died (exit code 1) during the ${phase}. This is a bug in ccr-sse-stress; please report it.`
        assert.equal(reasons[0], sentence)
        assert.doesNotMatch(reasons.join('\n'), accusation)
        assert.deepEqual(gatewayFindings, [])
        // Its records are lost, those of the other worker are not.
        const streams = run.records.map(({ stream }) => stream)
        assert.deepEqual(streams, phase === 'load' ? [1, 3, 5] : [0, 1, 2, 3, 4, 5])
        assert.deepEqual(run.stopped, phase === 'load' ? { phase } : undefined)
        assert.equal(run.notStarted, phase === 'load' ? 3 : 0)
      })

    it('makes a stress invalid, and the results are written', { timeout: 120_000 }, async (t) => {
      await using mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 40, delayMs: 50, log: silentLog })
      const folder = temporaryFolder(t)
      const load = ['--streams', '4', '--workers', '2']
      const places = ['--out', join(folder, 'results'), '--json-out', join(folder, 'x.json')]
      const preload = new URL('../fixtures/end-second-worker.ts', import.meta.url)
      const { status, stdout, stderr } = await runCli(
        ['stress', '--ccr-url', mock.url, '--protocol', 'openai-chat-completions', ...load, ...places],
        { NODE_OPTIONS: `--import=${preload.href}` },
      )
      assert.equal(status, 3, stderr)
      assert.match(stdout, /RESULT: INVALID - The runner worker 2 of 2 died \(exit code 1\) during the load\. /)
      assert.match(stdout, /^ {2}Stopped: during the load, because of that failure; 2 streams aborted, 2 not started$/m)
      const run = await readRun(join(folder, 'results', 'latest'))
      assert.deepEqual(
        run.records.map(({ stream }) => stream),
        [0, 2],
      )
      const json = JSON.parse(await readFile(join(folder, 'x.json'), 'utf8')) as ReportJson
      assert.deepEqual([json.verdict.verdict, json.failedParts?.[0]?.part], ['invalid', 'runner'])
    })
  })

  describe('conform', () => {
    it('ends with an error that names the mock if it dies, and judges nothing', {
      skip,
      timeout: 120_000,
    }, async (t) => {
      const { topology, pid } = await startTarget(t, 'mock')
      const conforming = conform({
        topology,
        target: { baseUrl: topology.gatewayUrl, protocol: 'openai-chat-completions' },
        model: 'mock,mock-model',
        seed: 5,
        idleLimitS: 2,
        loadStreams: 0,
        only: ['clean'],
        signal: t.signal,
        onProgress: (text) => {
          if (text.startsWith('running ')) process.kill(pid() as number, 'SIGKILL')
        },
      })
      await assert.rejects(conforming, (error) => {
        assert.ok(error instanceof EnvironmentError)
        assert.match(error.message, /^The mock died \(signal SIGKILL\) during the load\. /)
        return true
      })
    })
  })
})

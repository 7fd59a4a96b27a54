import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readMockStats } from '../../src/experiment/telemetry.ts'
import type { ReportJson } from '../../src/report/json-schema.ts'
import { startCli } from '../fixtures/cli.ts'
import { processesWith } from '../fixtures/processes.ts'
import { prepareRun } from '../fixtures/run-ground.ts'
import { until } from '../fixtures/until.ts'

const skip = process.platform !== 'linux' && 'needs /proc'

/** Findings that only a gateway can cause, if the harness itself kept going. */
const ofTimes = /^(stalled_together|buffered|bimodal|nagle|hol_blocking|accept_backlog|upstream_not_cancelled)$/

type Part = 'runner' | 'mock' | 'gateway' | 'proxy'

/** Loads the reference gateway, stops some processes in the middle of the load for `stopMs`, and reads the JSON of the run. */
async function runWithStop(
  t: TestContext,
  parts: readonly Part[],
  stopMs: number,
  flags: readonly string[] = [],
): Promise<ReportJson> {
  const { folder, args, mockPort, ccrPort } = await prepareRun(t)
  const jsonOut = join(folder, 'x.json')
  const load = ['--streams', '40', '--chunks', '60', '--delay-ms', '25', '--no-warm-up', '--drain-limit', '0']
  const toxics = parts.includes('proxy') ? ['--toxic', 'gateway-mock:latency=1ms'] : []
  const run = startCli(['run', '--gateway', 'reference', ...load, ...flags, ...toxics, ...args, '--json-out', jsonOut])
  await until(async () => {
    const stats = await readMockStats(`http://127.0.0.1:${mockPort}`)
    return stats?.streamsOpen === 40 && stats.deltasSent >= 200
  })
  const commands = {
    mock: `mock --port ${mockPort}`,
    gateway: `--port ${ccrPort}`,
    proxy: `proxy --host=127.0.0.1 --port=0 --upstream=http://127.0.0.1:${mockPort}`,
  }
  const pids = parts.map((part) => (part === 'runner' ? run.child.pid : processesWith(commands[part])[0]) as number)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  await delay(stopMs)
  for (const pid of pids) process.kill(pid, 'SIGCONT')
  const { stderr, status } = await run.ended
  const json = JSON.parse(await readFile(jsonOut, 'utf8').catch(() => assert.fail(stderr))) as ReportJson
  assert.equal(status, json.verdict.verdict === 'invalid' ? 3 : 0, stderr)
  return json
}

describe('a part of the harness that was stopped is named, and the gateway is not blamed', {
  skip,
  concurrency: 3,
}, () => {
  for (const [what, parts, stopMs, state, named] of [
    ['the runner, for 0.5 s', ['runner'], 500, 'suspect', [/^The runner was suspended for /]],
    [
      'the runner with its two workers, for 1 s',
      ['runner'],
      1000,
      'invalid',
      [/^The runner was suspended for 1\.\d s /],
    ],
    ['the runner, for 3 s', ['runner'], 3000, 'invalid', [/^The runner was suspended for /]],
    ['the mock, for 1 s', ['mock'], 1000, 'invalid', [/^The mock was suspended for /]],
    ['a fault proxy, for 1 s', ['proxy'], 1000, 'invalid', [/^The proxy gateway-mock was suspended for /]],
    [
      'all of them, for 1 s',
      ['runner', 'mock', 'gateway', 'proxy'],
      1000,
      'invalid',
      [/^The runner was suspended/, /^The mock was suspended/, /^The proxy gateway-mock was suspended/],
    ],
  ] as const) {
    it(what, { timeout: 60_000 }, async (t) => {
      const { verdict, gatewayFindings } = await runWithStop(
        t,
        parts,
        stopMs,
        what.includes('two workers') ? ['--workers', '2'] : [],
      )
      const { timing } = verdict
      const reasons = timing.reasons.join('\n')
      // A busy machine may add reasons of its own.
      assert.ok(timing.state === state || timing.state === 'invalid', reasons)
      for (const pattern of named)
        assert.ok(
          timing.reasons.some((reason) => pattern.test(reason)),
          reasons,
        )
      assert.match(reasons, / (suspended|paused) for .*do not stop or freeze it during the load\.$/m)
      assert.doesNotMatch(reasons, /gateway (was|stalled)/)
      assert.deepEqual(
        gatewayFindings.filter((finding) => ofTimes.test(finding.class)),
        [],
      )
    })
  }

  it('but a stopped gateway stays the fault of the gateway', { timeout: 60_000 }, async (t) => {
    const { verdict, gatewayFindings, instrument } = await runWithStop(t, ['gateway'], 1000)
    const { timing } = verdict
    if (timing.state === 'invalid') return t.skip(`the machine is too busy: ${timing.reasons[0]}`)
    assert.doesNotMatch(timing.reasons.join('\n'), /suspended/)
    assert.equal(instrument?.machine.suspendedMs, 0)
    assert.ok(
      gatewayFindings.some((finding) => finding.class === 'stalled_together'),
      JSON.stringify(gatewayFindings),
    )
  })
})

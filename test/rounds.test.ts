/** Runs in rounds, with real processes. What rounds conclude is tested next to `src/judge/rounds.ts`. */
import assert from 'node:assert/strict'
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RoundsJson } from '../src/report/rounds-schema.ts'
import { runCli, startCli } from './fixtures/cli.ts'
import { processesWith } from './fixtures/processes.ts'
import { assertValidRounds } from './fixtures/published-schema.ts'
import { readJunit } from './fixtures/read-junit.ts'
import { prepareRun } from './fixtures/run-ground.ts'
import { startStandingPair } from './fixtures/standing.ts'

const load = ['--streams', '5', '--chunks', '2', '--delay-ms', '1', '--no-warm-up', '--drain-limit', '0']

function readRoundsJson(path: string): RoundsJson {
  return JSON.parse(readFileSync(path, 'utf8'))
}

test('runs in rounds', { concurrency: true }, async (t) => {
  const all = [
    t.test('several gateways take turns on the same ports, and one report has all of them', async (t) => {
      const { folder, args, nothingIsLeft } = await prepareRun(t)
      const [out, json, junit] = [join(folder, 'results'), join(folder, 'rounds.json'), join(folder, 'rounds.xml')]
      const outputs = [
        '--json-out',
        json,
        '--junit-out',
        junit,
        '--threshold',
        'failed.rate<1%',
        '--threshold',
        'memory.peak<1MiB',
      ]
      const gateways = ['--gateway', 'reference,direct', '--repeat', '2']
      const { status, stdout, stderr } = await runCli(['run', ...gateways, ...load, ...outputs, ...args])
      const rounds = readRoundsJson(json)
      assert.deepEqual(
        rounds.runs.map(({ round, gateway }) => `${round} ${gateway}`),
        ['1 reference', '1 direct', '2 direct', '2 reference'],
      )
      assert.match(stderr, /^round 2 of 2, gateway reference$/m)
      // On a busy machine runs may be invalid: then nothing is known of the memory.
      assert.equal(status, rounds.exitStatus)
      assert.match(
        stdout,
        /^ {2}median over the rounds +runs +complete +TTFT p50, ms .*\n {2}reference +\d of 2 .*\n {4}95 % interval /m,
      )
      assert.equal(stdout.match(/^Tested: /gm)?.length, 2)
      const names = readJunit(readFileSync(junit, 'utf8')).cases.map(({ name }) => name)
      assert.ok(names.includes('reference: verdict') && names.includes('direct: verdict'), names.join())
      // The stored rounds give the same report, and each run the command that repeats it alone.
      const stored = join(out, 'latest')
      assert.equal(readlinkSync(stored), rounds.id)
      assertValidRounds(stored)
      const again = await runCli(['report', stored])
      assert.deepEqual([again.status, again.stdout], [0, stdout])
      const report = readFileSync(join(stored, rounds.runs[0]?.folder ?? '', 'report.txt'), 'utf8')
      assert.match(report, /^ +npm run .* --gateway reference --streams 1 /m)
      assert.doesNotMatch(report, /--repeat|reference,direct/)
      await nothingIsLeft()
    }),

    t.test('an invalid run is kept, does not count, and is repeated', async (t) => {
      const { folder, args, mockPort, nothingIsLeft } = await prepareRun(t)
      const words = ['run', '--gateway', 'reference', '--repeat', '1', '--retry-invalid', '1']
      const run = startCli([
        ...words,
        '--streams',
        '5',
        '--chunks',
        '40',
        '--delay-ms',
        '20',
        '--drain-limit',
        '0',
        ...args,
      ])
      await run.saw(/starting the load/)
      process.kill(processesWith(`--port ${mockPort}`)[0] as number, 'SIGKILL')
      const { status, stdout, stderr } = await run.ended
      const stored = join(folder, 'results', 'latest')
      const rounds = readRoundsJson(join(stored, 'rounds.json'))
      assertValidRounds(stored)
      const [first, second] = rounds.runs
      assert.deepEqual([rounds.runs.length, first?.state, second?.attempt], [2, 'invalid', 2])
      assert.match(first?.folder ?? '', /^not-counted\/reference\//)
      assert.match(stderr, /^round 1 of 1, gateway reference, attempt 2 of 2$/m)
      assert.match(stdout, /^ {4}round 1 +reference +INVALID +not-counted\/reference\/.* The mock died/m)
      assert.match(stdout, /invalid runs? did not count \(round 1 of 1\): The mock died/)
      assert.equal(status, rounds.exitStatus)
      await nothingIsLeft()
    }),

    t.test(
      'Ctrl-C in round 2 of 3 reports the first round, keeps what the second has, and leaves nothing behind',
      async (t) => {
        const { folder, args, nothingIsLeft } = await prepareRun(t)
        const streams = ['--streams', '5', '--chunks', '60', '--delay-ms', '25', '--no-warm-up']
        const run = startCli(['run', '--gateway', 'direct', '--repeat', '3', ...streams, ...args])
        await run.saw(/round 2 of 3, gateway direct\n[\s\S]*starting the load/)
        run.child.kill('SIGINT')
        const { status, stdout, stderr } = await run.ended
        assert.equal(status, 130, stderr)
        assert.match(stdout, /RESULT: \w+ - Interrupted by SIGINT: [01] of 3 rounds complete$/m)
        assert.doesNotMatch(stderr, /round 3/)
        const rounds = readRoundsJson(join(folder, 'results', 'latest', 'rounds.json'))
        const [first, second] = rounds.runs
        assert.deepEqual([rounds.interruptedBy, rounds.runs.length, first?.round], ['SIGINT', 2, 1])
        assert.deepEqual([second?.state, second?.folder.startsWith('not-counted/direct/')], ['interrupted', true])
        assert.match(stdout, /^ {4}round 2 +direct +interrupted +not-counted\/direct\//m)
        assertValidRounds(join(folder, 'results', 'latest'))
        await nothingIsLeft()
      },
    ),

    t.test('an error in a later run is reported with the runs before it, with status 4', async (t) => {
      const { folder, args, nothingIsLeft } = await prepareRun(t)
      const path = { PATH: '/usr/bin:/bin' }
      const { status, stdout, stderr } = await runCli(
        ['run', '--gateway', 'direct,ccr-rust', '--repeat', '2', ...load, ...args],
        path,
      )
      assert.equal(status, 4, stderr)
      assert.match(stdout, /^ {2}direct +[01] of 2 /m)
      assert.match(stdout, /RESULT: \w+ - Ended by an error: 0 of 2 rounds complete\. .*ccr-rust/m)
      assert.match(stderr, /^error: .*ccr-rust/m)
      const rounds = readRoundsJson(join(folder, 'results', 'latest', 'rounds.json'))
      assert.deepEqual([rounds.runs.length, /ccr-rust/.test(rounds.error ?? '')], [1, true])
      await nothingIsLeft()
    }),

    t.test('a gateway that is already running is measured again and again', async (t) => {
      const { folder } = await prepareRun(t)
      const { mock, gateway } = await startStandingPair(t, {})
      const urls = ['--topology', 'standing', '--mock-url', mock.url, '--ccr-url', gateway.url]
      const json = join(folder, 'rounds.json')
      const outputs = ['--no-baseline', '--out', join(folder, 'results'), '--json-out', json]
      const { status } = await runCli(['run', ...urls, '--repeat', '2', ...load, ...outputs])
      const rounds = readRoundsJson(json)
      assert.equal(status, rounds.exitStatus)
      assert.deepEqual(
        rounds.runs.map(({ round, gateway: name }) => `${round} ${name}`),
        ['1 auto', '2 auto'],
      )
    }),
  ]
  await Promise.all(all)
})

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCli } from '../fixtures/cli.ts'
import { freePorts, isFree } from '../fixtures/free-port.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const fake = fileURLToPath(new URL('../fixtures/fake-ccr-rust.mjs', import.meta.url))
// Long enough for the other run to start, even on a busy machine.
const load = ['--streams', '3', '--chunks', '60', '--delay-ms', '25', '--no-baseline', '--no-warm-up']
const run = (gateway: string, ...more: string[]) => ['run', '--gateway', gateway, ...load, ...more]
const toxics = ['--toxic', 'runner-gateway:latency=1ms', '--toxic', 'gateway-mock:latency=1ms']

/** Pairs of runs with the same ports; those without a gateway start fewer processes. */
const pairs: readonly { name: string; first: readonly string[]; second?: readonly string[] }[] = [
  { name: 'the reference gateway with fault proxies on both hops', first: run('reference', ...toxics) },
  { name: 'an installed gateway', first: run('ccr-rust') },
  { name: 'a gateway, and the mock alone', first: run('reference'), second: run('direct') },
  { name: 'the mock alone', first: run('direct') },
  { name: 'mocks of two processes', first: run('direct', '--workers', '2') },
]

describe('of two runs that start at once on the same ports', { timeout: 120_000, concurrency: true }, () => {
  for (const { name, first, second = first } of pairs) {
    it(`one is complete and the other ends first, with status 4 and the owner of the port: ${name}`, async (t) => {
      const folder = temporaryFolder(t)
      const [mockPort, ccrPort] = (await freePorts(2)) as [number, number]
      const runs = [first, second].map((args, i) => {
        const out = join(folder, `${i}`)
        const ports = ['--mock-port', `${mockPort}`, '--ccr-port', `${ccrPort}`, '--out', out]
        const { child, ended } = startCli([...args, ...ports], { CCR_BIN: fake })
        t.after(() => child.kill('SIGKILL'))
        return ended.then((end) => ({ ...end, pid: child.pid as number, out }))
      })
      const loser = await Promise.race(runs)
      const ends = await Promise.all(runs)
      const winner = ends.find((end) => end !== loser)
      assert.ok(winner)
      const owner = `port (${mockPort}|${ccrPort}) is in use on 127.0.0.1 by another run of ccr-sse-stress, \\S+ \\(pid ${winner.pid}\\)`
      assert.equal(loser.status, 4, loser.stderr)
      assert.match(loser.stderr, new RegExp(`^error: --(mock|ccr)-port: ${owner}\\. `, 'm'))
      assert.equal(loser.stdout, '')
      assert.ok(!existsSync(loser.out) || readdirSync(loser.out).length === 0)
      // On a busy machine, the times may be invalid (3); what was received may not.
      assert.ok(winner.status === 0 || winner.status === 3, winner.stdout + winner.stderr)
      assert.match(winner.stdout, /Success: {2}3 /)
      assert.doesNotMatch(winner.stdout, /retry_amplification|dead_after|died/)
      assert.ok((await isFree(mockPort)) && (await isFree(ccrPort)))
    })
  }
})

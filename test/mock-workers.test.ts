import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { readMockStats, readTruths } from '../src/experiment/telemetry.ts'
import { startMock } from '../src/mock/mock.ts'
import type { MockStats } from '../src/model/mock-stats.ts'
import { type CliRun, startCli } from './fixtures/cli.ts'
import { ask } from './fixtures/http-ask.ts'
import { load } from './fixtures/load.ts'
import { streamBody } from './fixtures/mock-asks.ts'
import { openRaw, postText } from './fixtures/raw-connection.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { until } from './fixtures/until.ts'

const path = '/v1/chat/completions'
const once = 'http-500-once'

interface StandingMock extends CliRun {
  readonly url: string
  readonly workers: () => readonly number[]
}

/** Starts a mock with three processes from the command line. */
async function threeProcesses(t: TestContext, ...args: string[]): Promise<StandingMock> {
  const run = startCli(['mock', '--port', '0', '--workers', '3', '--delay-ms', '0', ...args])
  const children = () => childrenOf(run.child.pid ?? 0)
  t.after(async () => {
    run.child.kill('SIGKILL')
    await run.ended
  })
  const [, url = ''] = await run.saw(/"url":"(http:[^"]+)".*"mock listening"/)
  return { ...run, url, workers: children }
}

/** The running children of a process, from /proc. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number)
}

function parentOf(pid: string): number | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return state === 'Z' ? undefined : Number(parent)
  } catch {
    // It ended after it was listed.
    return undefined
  }
}

function isAlive(pid: number): boolean {
  return parentOf(`${pid}`) !== undefined
}

/** The statistics without those that depend on time. */
function timeless(stats: MockStats | undefined) {
  if (!stats) assert.fail('the mock did not answer')
  const { pacingError, workers: _, streamsPeak: __, instrument: ___, ...counts } = stats
  return { ...counts, paced: pacingError.n }
}

describe('a mock of three processes', { timeout: 60_000 }, () => {
  it('reports the same as one process about a load with faults', async (t) => {
    const three = await threeProcesses(t)
    const single = await startMock({ host: '127.0.0.1', port: 0, chunks: 20, delayMs: 0, log: silentLog })
    t.after(() => single[Symbol.asyncDispose]())
    const settings = { streams: 40, chunks: 6, delayMs: 1, faults: ['truncate@50%:0.3', `${once}:0.2`] }
    const reports = []
    for (const { url } of [three, single]) {
      // Each stream is requested twice, as by a gateway that retries; any process may serve it.
      const outcomes = []
      for (let round = 0; round < 2; round++)
        outcomes.push((await load(url, settings)).records.map(({ outcome }) => outcome.state))
      const truths = [...((await readTruths(url, 7))?.values() ?? [])].sort((a, b) => a.stream - b.stream)
      await until(async () => (await readMockStats(url))?.streamsOpen === 0)
      reports.push({
        outcomes,
        stats: timeless(await readMockStats(url)),
        truths: truths.map(({ attemptedNs: _, endedNs: __, ...truth }) => truth),
      })
    }
    assert.deepEqual(reports[0], reports[1])
    const { workers, instrument } = (await readMockStats(three.url)) ?? {}
    assert.equal(workers, 3)
    assert.deepEqual(instrument?.map(({ name }) => name).sort(), [
      'mock 1 of 3',
      'mock 2 of 3',
      'mock 3 of 3',
      'mock primary',
    ])
    assert.equal(reports[0]?.truths.length, 40)
    assert.ok(reports[0]?.truths.every(({ attempts }) => attempts === 2))
    assert.notDeepEqual(reports[0]?.outcomes[0], reports[0]?.outcomes[1])
  })

  it('counts its peak over all processes, and can reset it', async (t) => {
    const { url } = await threeProcesses(t)
    const stuck = (stream: number) =>
      postText(path, streamBody('openai-chat-completions', `[plan seed=1 stream=${stream} chunks=2 delay_ms=3600000]`))
    const open = async (stream: number) => {
      const connection = await openRaw(url)
      connection.socket.write(stuck(stream))
      await connection.until((text) => text.includes('"content":"~'))
      return connection
    }
    const stats = async () => (await readMockStats(url)) ?? assert.fail('the mock did not answer')
    const seven = await Promise.all([0, 1, 2, 3, 4, 5, 6].map(open))
    assert.deepEqual([(await stats()).streamsOpen, (await stats()).streamsPeak], [7, 7])
    for (const { socket } of seven.slice(2)) socket.destroy()
    await until(async () => (await stats()).streamsOpen === 2)
    assert.equal((await stats()).streamsPeak, 7)
    assert.equal((await ask(`${url}/__mock/stats`, undefined, 'DELETE')).status, 204)
    const { streamsOpen, streamsPeak, requests, streamsAborted } = await stats()
    assert.deepEqual(
      { streamsOpen, streamsPeak, requests, streamsAborted },
      { streamsOpen: 2, streamsPeak: 2, requests: 0, streamsAborted: 0 },
    )
    for (const { socket } of seven) socket.destroy()
    await until(async () => (await stats()).streamsOpen === 0)
    await ask(`${url}/__mock/stats`, undefined, 'DELETE')
    // Sequential streams, each to another process: the sum of the processes' peaks is larger than the joint peak.
    for (let stream = 7; stream < 13; stream++) {
      const { socket } = await open(stream)
      socket.destroy()
      await until(async () => (await stats()).streamsOpen === 0)
    }
    assert.deepEqual([(await stats()).streamsAborted, (await stats()).streamsPeak], [6, 1])
  })

  it('uses all of its processes', async (t) => {
    const { url, workers } = await threeProcesses(t)
    assert.equal(workers().length, 3)
    const cpuOf = (pid: number) =>
      Number(
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[11],
      )
    const before = workers().map(cpuOf)
    await load(url, { streams: 60, chunks: 200, delayMs: 1 })
    const after = workers().map(cpuOf)
    assert.ok(
      after.every((ticks, index) => ticks > (before[index] ?? 0)),
      `${before} then ${after}`,
    )
  })

  it('ends with an error if one of its processes dies', async (t) => {
    const { workers, ended } = await threeProcesses(t)
    const [first = 0, victim = 0, third = 0] = workers()
    process.kill(victim, 'SIGKILL')
    const { status, stderr } = await ended
    assert.equal(status, 4, stderr)
    assert.match(stderr, /error: mock worker \d of 3 ended with signal SIGKILL, so the mock stops/)
    assert.deepEqual([first, third].filter(isAlive), [])
  })

  it('ends cleanly on a signal to its process group', async (t) => {
    const { child, workers, ended } = await threeProcesses(t)
    const all = workers()
    for (const pid of all) process.kill(pid, 'SIGTERM')
    assert.deepEqual(workers(), all)
    child.kill('SIGTERM')
    const { status, stderr } = await ended
    assert.equal(status, 0, stderr)
    assert.match(stderr, /mock stopping: SIGTERM/)
    assert.deepEqual(all.filter(isAlive), [])
  })

  it('leaves no process behind if its primary is killed', async (t) => {
    const { child, workers, ended } = await threeProcesses(t)
    const all = workers()
    child.kill('SIGKILL')
    await ended
    await until(() => !all.some(isAlive))
  })

  it('reports a port in use only once', async (t) => {
    const { url } = await threeProcesses(t)
    const { port } = new URL(url)
    const { status, stderr } = await startCli(['mock', '--port', port, '--workers', '3']).ended
    assert.equal(status, 4)
    assert.match(stderr, /^error: the mock cannot listen on 127\.0\.0\.1:\d+: the port is in use[^\n]*\n$/)
  })
})

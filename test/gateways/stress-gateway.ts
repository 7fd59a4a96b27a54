import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCli, startCli } from '../cli.ts'

/** Deltas in each stream of the mock, and the time between two, in ms. */
export const plan = { chunks: 20, delayMs: 50 } as const

/** A folder that goes with the test. */
export async function testFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-gateway-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Starts `ccr-sse-stress mock` on a free port and gives its URL. */
export async function startMockCommand(t: TestContext): Promise<string> {
  const mock = startCli(['mock', '--port', '0', '--chunks', `${plan.chunks}`, '--delay-ms', `${plan.delayMs}`])
  t.after(async () => {
    mock.child.kill('SIGTERM')
    assert.equal((await mock.ended).status, 0)
  })
  return (await mock.saw(/"url":"([^"]+)"/))[1] as string
}

/** Starts a gateway's own program; it is ended with the test. Says its output where it does not become healthy. */
export async function startGateway(
  t: TestContext,
  command: string,
  words: readonly string[],
  healthUrl: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  child.stdout.on('data', (bytes) => {
    output += bytes
  })
  child.stderr.on('data', (bytes) => {
    output += bytes
  })
  t.after(() => end(child))
  for (let tries = 0; (await statusOf(healthUrl)) !== 200; tries++) {
    assert.ok(tries < 300 && child.exitCode === null, `${command} did not become healthy: ${output}`)
    await sleep(100)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'close')
}

/** The status that a URL answers with; undefined where nothing does yet. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    request(url, (response) => resolve(response.resume().statusCode))
      .once('error', () => resolve(undefined))
      .end()
  })
}

/** Runs `ccr-sse-stress stress` and gives what it wrote with `--json-out`. */
export async function stress(folder: string, words: readonly string[]) {
  const jsonOut = join(folder, `report-${words.join('-').replace(/[^a-z0-9]+/gi, '-')}.json`)
  const end = await runCli(['stress', ...words, '--json-out', jsonOut, '--out', join(folder, 'results')])
  return { ...end, json: JSON.parse(await readFile(jsonOut, 'utf8')) }
}

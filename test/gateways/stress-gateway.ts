import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startChild } from '../../src/topology/child.ts'
import { waitUntilHealthy } from '../../src/topology/readiness.ts'
import { runCli, startCli } from '../fixtures/cli.ts'
import { silentLog } from '../fixtures/silent-log.ts'

/** Deltas in each stream of the mock, and the time between two, in ms. */
export const plan = { chunks: 20, delayMs: 50 } as const

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
  const child = await startChild({ name: command, command, args: words, env, log: silentLog })
  t.after(() => child[Symbol.asyncDispose]())
  await waitUntilHealthy({ url: healthUrl, child, timeoutMs: 30_000, signal: t.signal })
}

/** Runs `ccr-sse-stress stress` and gives what it wrote with `--json-out`. */
export async function stress(folder: string, words: readonly string[]) {
  const jsonOut = join(folder, `report-${words.join('-').replace(/[^a-z0-9]+/gi, '-')}.json`)
  const end = await runCli(['stress', ...words, '--json-out', jsonOut, '--out', join(folder, 'results')])
  return { ...end, json: JSON.parse(await readFile(jsonOut, 'utf8')) }
}

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it, type TestContext, test } from 'node:test'
import { checkStream } from '../src/grammar/check-stream.ts'
import { judge } from '../src/judge/judgement.ts'
import { parsePlanMarker } from '../src/plan/key.ts'
import { protocols } from '../src/protocol/protocols.ts'
import { SseParser } from '../src/protocol/sse.ts'
import { script, startCommand } from './fixtures/cli.ts'
import { goodChat, onTheWire } from './fixtures/good-streams.ts'
import { load } from './fixtures/load.ts'
import { chunk, lastChunk, sseHead } from './fixtures/response-bytes.ts'
import { prepareRun } from './fixtures/run-ground.ts'
import { runOf } from './fixtures/runs.ts'
import { withServer } from './fixtures/script-server.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { until } from './fixtures/until.ts'

const chat = protocols['openai-chat-completions']

/** Makes a part of this program throw in one kind of stream, as a bug would. */
function sabotage<T extends object, K extends keyof T>(t: TestContext, part: T, method: K, replacement: T[K]): void {
  const original = part[method]
  part[method] = replacement
  t.after(() => {
    part[method] = original
  })
}

const bug = (): never => {
  throw new TypeError('Cannot convert object to primitive value')
}

/** Four streams, of which the third gets an answer that the saboteur knows. */
async function fourStreams() {
  const marked = onTheWire([...goodChat.slice(0, 1), [undefined, '{"sabotaged":1}'], ...goodChat.slice(1)])
  const scriptOf = (request: string) => [
    sseHead,
    chunk(parsePlanMarker(request)?.stream === 2 ? marked : onTheWire(goodChat)),
    lastChunk,
  ]
  return (await withServer(scriptOf, ({ baseUrl }) => load(baseUrl, { streams: 4 }))).records
}

const outcomes = (records: Awaited<ReturnType<typeof fourStreams>>) =>
  records.map(({ outcome }) => (outcome.state === 'failed' ? outcome.kind : outcome.state))

test('an exception while an event is read fails only that stream, with internal_error; the run is INVALID', async (t) => {
  const { read } = chat
  sabotage(t, chat as { read: typeof read }, 'read', (type, data) =>
    data.includes('sabotaged') ? bug() : read(type, data),
  )
  const records = await fourStreams()
  assert.deepEqual(outcomes(records), ['whole', 'whole', 'internal_error', 'whole'])
  const outcome = records[2]?.outcome
  assert.match(outcome?.state === 'failed' ? outcome.detail : '', /^TypeError: Cannot convert.* at /)
  const { verdict, reasons, exitStatus } = judge(runOf(records, { scenario: { streams: 4 } }))
  assert.deepEqual([verdict, exitStatus], ['invalid', 3])
  assert.match(reasons[0] ?? '', /^1 of 4 streams failed in ccr-sse-stress itself\. .* report it\. Stream 2: TypeError/)
})

test('an exception at the end of a stream fails it too, so that the load ends', async (t) => {
  const { end } = SseParser.prototype
  let ended = 0
  sabotage(t, SseParser.prototype, 'end', function (this: SseParser) {
    return ended++ === 0 ? bug() : end.call(this)
  })
  assert.deepEqual(outcomes(await fourStreams()).sort(), ['internal_error', 'not_an_event', 'whole', 'whole'])
})

test('an exception of check is a finding, and its verdict is INVALID', (t) => {
  sabotage(t, SseParser.prototype, 'end', bug)
  const check = checkStream({ protocol: chat.name, onFinding: () => {} })
  check.push(onTheWire(goodChat))
  const { groups, ending } = check.end()
  assert.deepEqual(
    groups.map(({ rule }) => rule),
    ['internal_error'],
  )
  assert.equal(ending, undefined)
})

/** Makes the command throw outside of any call when it gets this signal. Its child processes do not load it. */
const thrower = `data:text/javascript,${encodeURIComponent("process.on('SIGUSR2', () => { throw new Error('sabotaged') })")}`

describe('an exception that nothing catches', { concurrency: true }, () => {
  for (const phase of ['starting the mock', 'warming up', 'tearing down'])
    it(`while ${phase}: status 70 after the tear-down`, async (t) => {
      const { args, nothingIsLeft } = await prepareRun(t)
      const TMPDIR = temporaryFolder(t)
      const load = ['--gateway', 'reference', '--streams', '5', '--chunks', '10', '--delay-ms', '20']
      const run = startCommand([process.execPath, '--import', thrower, script, 'run', ...load, ...args], { TMPDIR })
      await run.saw(new RegExp(phase))
      run.child.kill('SIGUSR2')
      const { status, stderr, stdout } = await run.ended
      assert.equal(status, 70, stderr)
      assert.match(stderr, /^error: this is a bug in ccr-sse-stress; please report it\nError: sabotaged\n {4}at /m)
      assert.equal(stdout, '')
      await nothingIsLeft()
      await until(() => readdirSync(TMPDIR).length === 0)
    })
  it('in a server: status 70, and its last line describes it', async () => {
    const server = startCommand([process.execPath, '--import', thrower, script, 'mock', '--port', '0'])
    await server.saw(/mock listening/)
    server.child.kill('SIGUSR2')
    const { status, stderr } = await server.ended
    assert.equal(status, 70, stderr)
    assert.match(stderr, /^error: this is a bug in ccr-sse-stress; please report it\nError: sabotaged\n/m)
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { protocolNames } from '../src/model/protocol-name.ts'
import { runCli, script } from './fixtures/cli.ts'
import { goodAnthropic, goodChat, named, onTheWire } from './fixtures/good-streams.ts'
import { stand } from './fixtures/standing.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const timeout = 60_000
const anthropic = ['--protocol', 'anthropic-messages']

function fileOf(t: TestContext, bytes: Buffer): string {
  const path = join(temporaryFolder(t), 'stream.sse')
  writeFileSync(path, bytes)
  return path
}

/** `check` with bytes on its stdin; its peak resident set in MiB, where Linux says it. */
async function checkStdin(words: readonly string[], source: Iterable<Buffer>) {
  const child = spawn(process.execPath, [script, 'check', '-', ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-4000)
  })
  let peakMib = 0
  await pipeline(
    Readable.from(source),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        yield chunk
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
        peakMib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
      }
    },
    child.stdin,
  )
  const [status] = await ended
  return { status, stdout, peakMib }
}

test('a whole stream passes, of a file as of stdin', { timeout }, async (t) => {
  const bytes = onTheWire(goodAnthropic)
  const said = `WHOLE: ${goodAnthropic.length} events, ${bytes.length.toLocaleString('en-US')} bytes\n`
  const { status, stdout } = await runCli(['check', fileOf(t, bytes), ...anthropic])
  assert.deepEqual([status, stdout], [0, said])
  const piped = await checkStdin(anthropic, [bytes])
  assert.deepEqual([piped.status, piped.stdout], [0, said])
})

test('a stream that is cut fails with the rule, and where', { timeout }, async (t) => {
  const file = fileOf(t, onTheWire(goodAnthropic.slice(0, 4)))
  const { status, stdout } = await runCli(['check', file, ...anthropic])
  assert.equal(status, 1)
  assert.match(stdout, /^event 4: A8: expected message_stop as the last event, got "the end of the body"$/m)
  assert.match(stdout, /^BROKEN: 4 events, \d+ bytes; findings: A8 1$/m)
  const json = JSON.parse((await runCli(['check', file, '--json', ...anthropic])).stdout)
  assert.equal(json.verdict, 'BROKEN')
  assert.deepEqual(json.counts, { A8: 1 })
  assert.equal(json.findings[0].event, 4)
})

test('an honest error passes, and is called one', { timeout }, async (t) => {
  const error = named('error', { error: { type: 'overloaded_error', message: 'later' } })
  const file = fileOf(t, onTheWire([...goodAnthropic.slice(0, 4), error]))
  const { status, stdout } = await runCli(['check', file, ...anthropic])
  assert.equal(status, 0)
  assert.match(stdout, /^HONEST ERROR/)
})

test('--events writes each event as an EventSource dispatches it, with no protocol too', { timeout }, async (t) => {
  const file = fileOf(t, Buffer.from('\ufeffid: 7\r\ndata: a\r\ndata:b\r\n\r\n: c\n\nevent: x\ndata\n\ndata: lost'))
  const { status, stdout, stderr } = await runCli(['check', file, '--events'])
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(lines, [
    { type: 'message', data: 'a\nb', lastEventId: '7' },
    { type: 'x', data: '', lastEventId: '7' },
  ])
  assert.equal(status, 1)
  assert.match(stderr, /unterminated_final_event/)
})

test('what the mock sends breaks no rule, in each protocol', { timeout }, async (t) => {
  const mock = await stand(t, ['mock', '--delay-ms', '0'])
  const paths = {
    'anthropic-messages': 'messages',
    'openai-chat-completions': 'chat/completions',
    'openai-responses': 'responses',
  }
  for (const protocol of protocolNames) {
    const prompt = [{ role: 'user', content: 'hello' }]
    const body = { model: 'm', max_tokens: 9, stream: true, messages: prompt, input: prompt }
    const method = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await fetch(`${mock.url}/v1/${paths[protocol]}`, method)
    const file = fileOf(t, Buffer.from(await answer.arrayBuffer()))
    const { status, stdout } = await runCli(['check', file, '--protocol', protocol])
    assert.equal(status, 0, `${protocol}: ${stdout}`)
  }
})

test('a stream of any size takes no more memory, and is told what is wrong a hundred times at most', {
  timeout,
}, async () => {
  const block = onTheWire(Array.from({ length: 500 }, () => goodChat[1] as never))
  const times = Math.ceil((160 * 2 ** 20) / block.length)
  const few = await checkStdin(['--protocol', 'openai-chat-completions'], Array(4).fill(block))
  const many = await checkStdin(['--protocol', 'openai-chat-completions'], Array(times).fill(block))
  assert.deepEqual([few.status, many.status], [1, 1])
  assert.ok(many.peakMib < few.peakMib + 64, `${few.peakMib} MiB, ${many.peakMib} MiB`)
  const wrong = await checkStdin(anthropic, Array(4).fill(block))
  assert.match(wrong.stdout, /findings: .*A2 2000/)
  assert.equal(wrong.stdout.split('\n').length <= 102, true)
})

test('bytes that are nothing are no crash', { timeout }, async () => {
  const noise = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 2654435761) % 251))
  const { status, stdout } = await checkStdin(anthropic, [noise])
  assert.equal(status, 1)
  assert.match(stdout, /BROKEN/)
})

test('what cannot be is refused in one line', { timeout }, async () => {
  const refusals = [
    [
      ['/no/such/file', ...anthropic],
      /check needs a readable file, or - for stdin \(got \/no\/such\/file \(ENOENT\)\)/,
    ],
    [['/', ...anthropic], /got \/ \(EISDIR\)/],
    [[], /--protocol: missing: name the protocol/],
    [['--json', '--events'], /--json: cannot be combined with --events/],
    [['--protocol', 'anthropic'], /--protocol: must be one of/],
    [['a', 'b', ...anthropic], /b/],
  ] as const
  for (const [words, said] of refusals) {
    const { status, stderr } = await runCli(['check', ...words])
    assert.equal(status, 64, stderr)
    assert.match(stderr, said)
    assert.equal(stderr.trim().split('\n').length, 1)
  }
})

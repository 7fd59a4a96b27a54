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
import { refusalOf } from './fixtures/refusal.ts'
import { startStanding } from './fixtures/standing.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const timeout = 60_000
const anthropic = ['--protocol', 'anthropic-messages']

function fileOf(t: TestContext, bytes: Buffer): string {
  const path = join(temporaryFolder(t), 'stream.sse')
  writeFileSync(path, bytes)
  return path
}

/** Runs `check` with bytes on stdin; also returns its peak resident set in MiB (Linux only). */
async function checkStdin(args: readonly string[], source: Iterable<Buffer>) {
  const child = spawn(process.execPath, [script, 'check', '-', ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
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

test('a complete stream passes, from a file and from stdin', { timeout }, async (t) => {
  const bytes = onTheWire(goodAnthropic)
  const expected = `COMPLETE: ${goodAnthropic.length} events, ${bytes.length.toLocaleString('en-US')} bytes\n`
  const { status, stdout } = await runCli(['check', fileOf(t, bytes), ...anthropic])
  assert.deepEqual([status, stdout], [0, expected])
  const piped = await checkStdin(anthropic, [bytes])
  assert.deepEqual([piped.status, piped.stdout], [0, expected])
})

test('--choices is the number of choices that must arrive', { timeout }, async (t) => {
  const file = fileOf(t, onTheWire(goodChat))
  const { status, stdout } = await runCli(['check', file, '--protocol', 'openai-chat-completions', '--choices', '2'])
  assert.equal(status, 1)
  assert.match(stdout, /expected 2 choices, got "1"/)
})

test('a truncated stream fails with the rule, its title and the position', { timeout }, async (t) => {
  const file = fileOf(t, onTheWire(goodAnthropic.slice(0, 4)))
  const { status, stdout } = await runCli(['check', file, ...anthropic])
  assert.equal(status, 1)
  assert.match(stdout, /^A8 message_stop is missing, repeated or not the last event: 1$/m)
  assert.match(stdout, /^ {2}event 4: expected message_stop as the last event, got "the end of the body"$/m)
  assert.match(stdout, /^BROKEN: 4 events, \d+ bytes, 1 error$/m)
  const json = JSON.parse((await runCli(['check', file, '--json', ...anthropic])).stdout)
  assert.equal(json.verdict, 'BROKEN')
  assert.deepEqual(json.counts, { A8: 1 })
  assert.equal(json.findings[0].event, 4)
})

test('a stream that ends with an error event passes as an honest error', { timeout }, async (t) => {
  const error = named('error', { error: { type: 'overloaded_error', message: 'later' } })
  const file = fileOf(t, onTheWire([...goodAnthropic.slice(0, 4), error]))
  const { status, stdout } = await runCli(['check', file, ...anthropic])
  assert.equal(status, 0)
  assert.match(stdout, /^HONEST ERROR/)
})

test('--events writes each event as an EventSource dispatches it, also without a protocol', { timeout }, async (t) => {
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

test('the mock breaks no rule in any protocol', { timeout }, async (t) => {
  const mock = await startStanding(t, ['mock', '--delay-ms', '0'])
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

test('memory does not grow with the stream, and each rule is printed once with its first three positions', {
  timeout,
}, async () => {
  const block = onTheWire(Array.from({ length: 500 }, () => goodChat[1] as never))
  const times = Math.ceil((160 * 2 ** 20) / block.length)
  const few = await checkStdin(['--protocol', 'openai-chat-completions'], Array(4).fill(block))
  const many = await checkStdin(['--protocol', 'openai-chat-completions'], Array(times).fill(block))
  assert.deepEqual([few.status, many.status], [1, 1])
  assert.ok(many.peakMib < few.peakMib + 64, `${few.peakMib} MiB, ${many.peakMib} MiB`)
  const wrong = await checkStdin(anthropic, Array(4).fill(block))
  assert.match(wrong.stdout, /^A2 event name is missing or differs from the type in its data: 2,000$/m)
  assert.match(wrong.stdout, /^ {2}1,997 more \(--all prints them\)$/m)
  assert.equal(wrong.stdout.match(/^ {2}event/gm)?.length, 3 + 3 + 1)
  const everything = await checkStdin(
    [...anthropic, '--all'],
    [onTheWire(Array.from({ length: 4 }, () => goodChat[1] as never))],
  )
  assert.equal(everything.stdout.match(/^event .* \(A2\)$/gm)?.length, 4)
  assert.match(everything.stdout, /^A2 event name .*: 4$/m)
})

test('random bytes do not crash it', { timeout }, async () => {
  const noise = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 2654435761) % 251))
  const { status, stdout } = await checkStdin(anthropic, [noise])
  assert.equal(status, 1)
  assert.match(stdout, /BROKEN/)
})

test('invalid arguments are rejected in one line', { timeout }, async () => {
  const refusals = [
    [
      ['/no/such/file', ...anthropic],
      /check: cannot read \/no\/such\/file: no such file\. Pass a readable file, or - for stdin\./,
    ],
    [['/', ...anthropic], /cannot read \/: it is a folder/],
    [[], /--protocol: missing\. Name the protocol/],
    [['--json', '--events'], /--json: cannot be combined with --events/],
    [['--choices', '2', ...anthropic], /--choices needs --protocol openai-chat-completions/],
    [['--choices', '0', '--protocol', 'openai-chat-completions'], /--choices: must be/],
    [['--protocol', 'anthropic'], /--protocol: must be one of/],
    [['a', 'b', ...anthropic], /b/],
  ] as const
  for (const [args, expected] of refusals) {
    const lines = await refusalOf(['check', ...args])
    assert.match(lines[0] ?? '', expected)
    assert.equal(lines.length, 1)
  }
})

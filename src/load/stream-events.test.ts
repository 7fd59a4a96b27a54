import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import { loadOne } from '../../test/fixtures/load.ts'
import { chunk, lastChunk, sseHead } from '../../test/fixtures/response-bytes.ts'
import { fin, rst, type Step, withServer } from '../../test/fixtures/script-server.ts'
import { eventsOf, type WholeStream, wholeStream } from '../../test/fixtures/whole-streams.ts'
import type { FailureKind, Phase } from '../model/failure.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'
import { frame } from '../protocol/protocol.ts'
import { protocols } from '../protocol/protocols.ts'

/** The server's script after the response head, and the expected outcome of the stream. */
interface Case {
  readonly title: string
  readonly body: (whole: WholeStream, protocol: ProtocolName) => readonly Step[]
  readonly expected: 'whole' | readonly [kind: FailureKind, phase: Phase]
  /** Protocols to which the case applies; default: all. */
  readonly only?: readonly ProtocolName[]
  readonly timeoutS?: number
}

const texts = ['one ', 'two ', 'thrée ', '😀 [DONE] ']
const join = (events: readonly string[]) => chunk(events.join(''))
const error = (protocol: ProtocolName) => JSON.stringify(protocols[protocol].error(500, 'overloaded'))

const cases: readonly Case[] = [
  {
    title: 'is complete if it is well-formed, even with [DONE] in its text',
    body: (whole) => [join(eventsOf(whole)), lastChunk],
    expected: 'whole',
  },
  {
    title: 'is complete if its bytes arrive one by one',
    body: (whole) => [...join(eventsOf(whole)), ...Buffer.from(lastChunk)].map((byte) => Buffer.from([byte])),
    expected: 'whole',
  },
  {
    title: 'is complete with CR LF line ends, a byte order mark and comments',
    body: (whole) => [
      chunk(`\uFEFF: hello\r\n\r\n${eventsOf(whole).join(': still here\n\n').replaceAll('\n', '\r\n')}`),
      lastChunk,
    ],
    expected: 'whole',
  },
  {
    title: 'sends an error event',
    body: ({ opening, deltas }, protocol) => [
      join([...opening, ...deltas, frame('error', error(protocol))]),
      lastChunk,
    ],
    expected: ['inband_error', 'stream'],
  },
  {
    title: 'sends an error without an event name',
    body: ({ opening }, protocol) => [join([...opening, frame(undefined, error(protocol))]), lastChunk],
    expected: ['inband_error', 'stream'],
    only: ['openai-chat-completions'],
  },
  {
    title: 'sends an error without an event name',
    body: ({ opening }, protocol) => [join([...opening, frame(undefined, error(protocol))]), lastChunk],
    expected: ['inband_error_malformed', 'stream'],
    only: ['anthropic-messages', 'openai-responses'],
  },
  {
    title: 'sends an error in the format of another protocol',
    body: ({ opening }) => [join([...opening, frame(undefined, '{"error":{"message":"overloaded"}}')]), lastChunk],
    expected: ['inband_error', 'stream'],
    only: ['openai-chat-completions'],
  },
  {
    title: 'sends an error in the format of another protocol',
    body: ({ opening }) => [join([...opening, frame(undefined, '{"error":{"message":"overloaded"}}')]), lastChunk],
    expected: ['inband_error_malformed', 'stream'],
    only: ['anthropic-messages', 'openai-responses'],
  },
  {
    title: 'sends an error in the format of vLLM and FastAPI',
    body: ({ opening }) => [
      join([...opening, frame(undefined, '{"object":"error","message":"overloaded"}')]),
      lastChunk,
    ],
    expected: ['inband_error_malformed', 'stream'],
    only: ['openai-chat-completions'],
  },
  {
    title: 'sends an error as a "detail" member',
    body: ({ opening }) => [join([...opening, frame(undefined, '{"detail":"overloaded"}')]), lastChunk],
    expected: ['inband_error_malformed', 'stream'],
    only: ['openai-chat-completions'],
  },
  {
    title: 'sends an error, then ends normally',
    body: ({ opening, finish, terminal }, protocol) => [
      join([...opening, frame('error', error(protocol)), ...finish, terminal]),
      lastChunk,
    ],
    expected: ['error_then_success', 'stream'],
  },
  {
    title: 'sends an error, then the terminal event, then closes',
    body: ({ opening, terminal }, protocol) => [
      join([...opening, frame('error', error(protocol)), terminal]),
      lastChunk,
    ],
    expected: ['inband_error', 'stream'],
    only: ['openai-chat-completions'],
  },
  {
    title: 'sends an error and is cut off',
    body: ({ opening }, protocol) => [join([...opening, frame('error', error(protocol))]), fin],
    expected: ['inband_error', 'stream'],
  },
  {
    title: 'sends an error first',
    body: (_, protocol) => [join([frame('error', error(protocol))]), lastChunk],
    expected: ['inband_error', 'stream'],
  },
  {
    title: 'is complete if its events have an error that is null',
    body: (whole) => [join(eventsOf(whole).map((event) => event.replace('"id":', '"error":null,"id":'))), lastChunk],
    expected: 'whole',
    only: ['openai-chat-completions'],
  },
  {
    title: 'ends cleanly after a delta',
    body: ({ opening, deltas }) => [join([...opening, ...deltas]), lastChunk],
    expected: ['truncated_clean_eof', 'stream'],
  },
  {
    title: 'ends cleanly before the terminal event',
    body: ({ opening, deltas, finish }) => [join([...opening, ...deltas, ...finish]), lastChunk],
    expected: ['missing_done', 'stream'],
    only: ['anthropic-messages', 'openai-chat-completions'],
  },
  {
    title: 'has the terminal event without a finish reason',
    body: ({ opening, deltas, terminal }) => [join([...opening, ...deltas, terminal]), lastChunk],
    expected: ['masked_truncation', 'end'],
    only: ['anthropic-messages', 'openai-chat-completions'],
  },
  {
    title: 'is complete if the last delta has the finish reason',
    body: ({ opening, deltas, terminal }) => [
      join([
        ...opening,
        ...deltas,
        (deltas[0] as string).replace('"finish_reason":null', '"finish_reason":"stop"'),
        terminal,
      ]),
      lastChunk,
    ],
    expected: 'whole',
    only: ['openai-chat-completions'],
  },
  {
    title: 'is complete if its own status is "incomplete"',
    body: ({ opening, deltas, terminal }) => [
      join([...opening, ...deltas, terminal.replaceAll('completed', 'incomplete')]),
      lastChunk,
    ],
    expected: 'whole',
    only: ['openai-responses'],
  },
  {
    title: 'has the terminal event twice',
    body: (whole) => [join([...eventsOf(whole), whole.terminal]), lastChunk],
    expected: ['duplicate_terminal', 'end'],
  },
  {
    title: 'has a delta after the terminal event',
    body: (whole) => [join([...eventsOf(whole), whole.deltas[0] as string]), lastChunk],
    expected: ['data_after_terminal', 'end'],
  },
  {
    title: 'is complete if a comment follows the terminal event',
    body: (whole) => [join([...eventsOf(whole), ': bye\n\n']), lastChunk],
    expected: 'whole',
  },
  {
    title: 'lacks the blank line after the terminal event',
    body: (whole) => [chunk(eventsOf(whole).join('').slice(0, -1)), lastChunk],
    expected: ['unterminated_final_event', 'stream'],
  },
  {
    title: 'lacks the line end after the terminal event',
    body: (whole) => [chunk(eventsOf(whole).join('').slice(0, -2)), lastChunk],
    expected: ['unterminated_final_event', 'stream'],
  },
  {
    title: 'stays open after the terminal event',
    body: (whole) => [join(eventsOf(whole))],
    expected: ['not_closed_after_terminal', 'end'],
    timeoutS: 0.4,
  },
  {
    title: 'has an event that is not JSON',
    body: ({ opening, deltas }) => [join([...opening, ...deltas, frame(undefined, '{"choices":[')]), lastChunk],
    expected: ['json_malformed', 'stream'],
  },
  {
    title: 'has an event that is not an object',
    body: ({ opening }) => [join([...opening, frame(undefined, '[1]')]), lastChunk],
    expected: ['not_an_event', 'stream'],
  },
  {
    title: 'has two JSON values in one event',
    body: ({ opening }) => [join([...opening, frame(undefined, '{"choices":[]}{"choices":[]}')]), lastChunk],
    expected: ['json_malformed', 'stream'],
  },
  {
    title: 'has a terminal event with trailing data',
    body: ({ opening, deltas, finish }) => [
      join([...opening, ...deltas, ...finish, frame(undefined, '[DONE]x')]),
      lastChunk,
    ],
    expected: ['json_malformed', 'stream'],
  },
  {
    title: 'is closed between two events',
    body: ({ opening, deltas }) => [join([...opening, ...deltas]), fin],
    expected: ['truncated_fin', 'stream'],
  },
  {
    title: 'is closed after the terminal event, before the end of its body',
    body: (whole) => [join(eventsOf(whole)), fin],
    expected: ['truncated_fin', 'end'],
  },
  {
    title: 'is closed inside a chunk',
    body: ({ opening, deltas }) => [join(opening), join(deltas).subarray(0, -9), fin],
    expected: ['truncated_fin', 'stream'],
  },
  {
    title: 'is reset between two events',
    body: ({ opening, deltas }) => [join([...opening, ...deltas]), rst],
    expected: ['reset_midstream', 'stream'],
  },
  {
    title: 'is reset after the terminal event, before the end of its body',
    body: (whole) => [join(eventsOf(whole)), rst],
    expected: ['reset_midstream', 'end'],
  },
]

for (const protocol of protocolNames) {
  describe(`a stream of ${protocol}`, { concurrency: 8 }, () => {
    for (const { title, body, expected, only, timeoutS = 20 } of cases) {
      if (only && !only.includes(protocol)) continue
      it(title, async () => {
        const script = [sseHead, ...body(wholeStream[protocol](texts), protocol)]
        const { outcome } = await withServer(script, ({ baseUrl }) => loadOne(baseUrl, { protocol, timeoutS }))
        if (expected === 'whole') assert.deepEqual(outcome, { state: 'whole' })
        else {
          assert.ok(outcome.state === 'failed', JSON.stringify(outcome))
          assert.deepEqual([outcome.kind, outcome.phase], expected, outcome.detail)
        }
      })
    }
  })
}

describe('the last bytes of a stream', () => {
  it('are in its record if it failed while reading, and only then', async () => {
    const broken = 'data: {"broken\n\n'
    const failed = await withServer([`${sseHead}${chunk(`: ${'x'.repeat(2000)}\n${broken}`)}`], ({ baseUrl }) =>
      loadOne(baseUrl),
    )
    const raw = Buffer.from(failed.rawBase64 ?? '', 'base64').toString()
    assert.equal(raw.length, 1024)
    assert.ok(raw.includes(broken), raw)
    const cut = await withServer([sseHead, fin], ({ baseUrl }) => loadOne(baseUrl))
    assert.equal(cut.outcome.state, 'failed')
    assert.equal(cut.rawBase64, undefined)
    const whole = eventsOf(wholeStream['openai-chat-completions'](texts))
    const good = await withServer([sseHead, join(whole), lastChunk], ({ baseUrl }) => loadOne(baseUrl))
    assert.equal(good.outcome.state, 'whole')
    assert.equal(good.rawBase64, undefined)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadOne } from '../../test/fixtures/load.ts'
import { chunk, lastChunk, sseHead } from '../../test/fixtures/response-bytes.ts'
import { type Step, withServer } from '../../test/fixtures/script-server.ts'
import { eventsOf, type WholeStream, wholeStream } from '../../test/fixtures/whole-streams.ts'
import type { FailureKind } from '../model/failure.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'

interface Case {
  readonly kind: FailureKind
  readonly head?: string
  readonly body: (whole: WholeStream) => readonly Step[]
  /** Default: all. */
  readonly only?: readonly ProtocolName[]
}

const join = (events: readonly string[]) => chunk(events.join(''))
const spaced: readonly ProtocolName[] = ['anthropic-messages', 'openai-chat-completions']

/** A failure of form, in a stream whose content is complete. */
const cases: readonly Case[] = [
  { kind: 'json_malformed', body: (whole) => [join(['data: {"\n\n', ...eventsOf(whole)]), lastChunk] },
  {
    kind: 'not_an_event',
    body: (whole) => [
      join([...eventsOf(whole).slice(0, 2), 'data: {"index":0}\n\n', ...eventsOf(whole).slice(2)]),
      lastChunk,
    ],
  },
  { kind: 'duplicate_terminal', body: (whole) => [join([...eventsOf(whole), whole.terminal]), lastChunk] },
  { kind: 'data_after_terminal', body: (whole) => [join([...eventsOf(whole), whole.deltas[0] ?? '']), lastChunk] },
  { kind: 'not_closed_after_terminal', body: (whole) => [join(eventsOf(whole))] },
  {
    kind: 'bad_content_type',
    head: sseHead.replace('text/event-stream', 'text/plain'),
    body: (whole) => [join(eventsOf(whole)), lastChunk],
  },
  // In Responses the terminal event has the stop reason.
  { kind: 'missing_done', body: (whole) => [join(eventsOf(whole).slice(0, -1)), lastChunk], only: spaced },
]

for (const protocol of protocolNames)
  describe(`a stream of ${protocol} that is complete but fails with`, { concurrency: 8 }, () => {
    for (const { kind, head = sseHead, body, only = protocolNames } of cases) {
      if (!only.includes(protocol)) continue
      it(`${kind} is read to its end if that is tolerated`, async () => {
        const script = [head, ...body(wholeStream[protocol](['one ', 'two ']))]
        const outcomes = await withServer(script, ({ baseUrl }) => {
          const options = { protocol, timeoutS: 1 }
          return Promise.all([loadOne(baseUrl, options), loadOne(baseUrl, { ...options, tolerated: new Set([kind]) })])
        })
        const seen = outcomes.map(({ outcome }) => (outcome.state === 'failed' ? outcome.kind : outcome.state))
        assert.deepEqual(seen, [kind, 'whole'])
      })
    }
  })

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conform } from '../src/conform/conform.ts'
import { warmUpStreams } from '../src/conform/warm-up.ts'
import { type Conformance, conformVerdict } from '../src/judge/conformance.ts'
import { contentKinds } from '../src/model/content.ts'
import { type ProtocolName, protocolNames } from '../src/model/protocol-name.ts'
import { at, eachFrame, newFrame, type Tamper } from './fixtures/misbehaving/frames.ts'
import { thenSuccess } from './fixtures/misbehaving/upstream-error.ts'
import { type Misbehaviour, startMisbehaving } from './fixtures/misbehaving-gateway.ts'
import { watchedBusy, watchedFree } from './fixtures/watched.ts'

type Options = Partial<Parameters<typeof conform>[0]>

async function conformOf(misbehaviour: Misbehaviour, protocol: ProtocolName, options: Options): Promise<Conformance> {
  await using topology = await startMisbehaving(misbehaviour)
  const { signal } = new AbortController()
  const fixed = { topology, model: 'mock,mock-model', seed: 5, idleLimitS: 2, loadStreams: 0, signal }
  const target = { baseUrl: topology.gatewayUrl, protocol }
  return await conform({ ...fixed, target, only: ['clean'], onProgress: () => {}, ...options })
}

/** Holds the answers of some streams back until their end; streams are numbered from 0. */
function buffering(isHeld: (stream: number) => boolean): Tamper {
  let streams = 0
  return (write) => {
    if (!isHeld(streams++)) return write
    let held = ''
    return (event) => {
      held += write(event)
      return event.kind === 'end' || event.kind === 'error' ? held : ''
    }
  }
}

function resultsOf({ cases }: Conformance, isProbe = false) {
  return cases
    .filter(({ name }) => name.startsWith('probe') === isProbe)
    .map(({ result, runs }) => `${result} in ${runs}`)
}

const every = (text: string) => contentKinds.map(() => text)

describe('conform and a gateway that buffers', { concurrency: 4 }, () => {
  it('once: its cases are flaky, which is not a failure', async () => {
    // The warm-up comes first and is not counted.
    const isHeld = (stream: number) => stream >= warmUpStreams && stream < warmUpStreams + contentKinds.length
    const conformance = await conformOf({ tamper: buffering(isHeld) }, 'anthropic-messages', { watch: watchedFree })
    assert.deepEqual(resultsOf(conformance), every('flaky in 2'))
    assert.match(conformance.cases[0]?.why ?? '', /^buffered/)
    assert.equal(conformVerdict(conformance), 'PASS')
  })

  it('only while it warms up: that is not seen', async () => {
    const tamper = buffering((stream) => stream < warmUpStreams)
    const conformance = await conformOf({ tamper }, 'openai-responses', { watch: watchedFree })
    assert.equal(conformVerdict(conformance), 'PASS')
  })

  it('always: its cases fail twice', async () => {
    const tamper = buffering(() => true)
    const conformance = await conformOf({ tamper }, 'openai-chat-completions', { watch: watchedFree })
    assert.deepEqual(resultsOf(conformance), every('fail in 2'))
    assert.deepEqual([conformance.form, conformVerdict(conformance)], [[], 'FAIL'])
  })

  it('always, on a busy machine: its cases are not judged, and say why', async () => {
    const tamper = buffering(() => true)
    const conformance = await conformOf({ tamper }, 'openai-chat-completions', { watch: watchedBusy })
    assert.deepEqual(resultsOf(conformance), every('not-judged in 3'))
    assert.match(conformance.cases[0]?.busy?.join() ?? '', /^The CPUs of this machine were 100 % busy/)
    assert.equal(conformVerdict(conformance), 'INVALID')
  })
})

describe('conform on a busy machine', { concurrency: 4 }, () => {
  it('still fails what does not rest on time', async () => {
    const options = { watch: watchedBusy, only: ['error'] }
    const conformance = await conformOf({ tamper: thenSuccess }, 'anthropic-messages', options)
    assert.deepEqual(resultsOf(conformance), ['fail in 2', 'fail in 2', 'fail in 2'])
    assert.equal(conformVerdict(conformance), 'FAIL')
  })

  it('passes a clean gateway', async () => {
    const conformance = await conformOf({}, 'anthropic-messages', { watch: watchedBusy, only: ['clean', 'abort@50%'] })
    assert.equal(conformVerdict(conformance), 'PASS')
  })
})

describe('conform and a gateway that serves no stream', () => {
  it('fails each case and probe, but does not say that the cases killed it', async () => {
    await using topology = await startMisbehaving({})
    const started = { ...topology, gatewayUrl: `${topology.gatewayUrl}/no-such-path` }
    const conformance = await conform({
      topology: started,
      target: { baseUrl: started.gatewayUrl, protocol: 'openai-responses' },
      model: 'mock,mock-model',
      seed: 5,
      idleLimitS: 2,
      loadStreams: 0,
      signal: new AbortController().signal,
      only: ['clean'],
      onProgress: () => {},
      watch: watchedFree,
    })
    assert.deepEqual(resultsOf(conformance), every('fail in 2'))
    const [probe] = conformance.cases.filter(({ name }) => name.startsWith('probe'))
    assert.equal(probe?.result, 'fail')
    assert.match(probe.why, /^http_4xx: HTTP 404/)
  })
})

/** Sends an event of another protocol before the last one of each stream, as ccr-rust 1.3.0 does in chat completions. */
const leaksEvent: Tamper = eachFrame(() => (current) => {
  const isEnd = /^\[DONE\]$|"type":"(?:message_stop|response\.(?:completed|incomplete))"/.test(current.data)
  return isEnd ? [newFrame(undefined, { index: 0 }), current] : [current]
})

/** Sends one more event after the end of each stream. */
const repeatsEnd: Tamper = eachFrame(() => (current) => {
  const isEnd = /^\[DONE\]$|"type":"(?:message_stop|response\.(?:completed|incomplete))"/.test(current.data)
  return isEnd ? [current, current] : [current]
})

describe('conform and a gateway whose every answer has the wrong form', { concurrency: 4 }, () => {
  for (const protocol of protocolNames)
    for (const [what, tamper, kind] of [
      ['leaks an event of another protocol', leaksEvent, 'not_an_event'],
      ['ends every stream twice', repeatsEnd, 'duplicate_terminal'],
    ] as const)
      it(`passes its cases and fails its form if it ${what} in ${protocol}`, async () => {
        const options = { watch: watchedBusy, only: ['clean', 'truncate'] }
        const conformance = await conformOf({ tamper }, protocol, options)
        assert.ok(conformance.form.includes(kind), conformance.form.join())
        assert.deepEqual(
          conformance.cases.filter(({ result }) => result !== 'pass'),
          [],
        )
        const clean = conformance.cases.filter(({ name }) => name.startsWith('clean'))
        assert.deepEqual(
          clean.map(({ seen, rules }) => [seen, rules]),
          every('').map(() => ['whole', []]),
        )
        assert.ok(clean.every(({ form }) => form.length > 0))
        assert.equal(conformVerdict(conformance), 'FAIL')
      })

  it('still fails a case for what it adds', async () => {
    const tamper: Tamper = (write) => leaksEvent(at('content_block_start', 0, () => [])(write))
    const dropsSome: Tamper = (write) => thenSuccess(tamper(write))
    const conformance = await conformOf({ tamper: dropsSome }, 'anthropic-messages', {
      watch: watchedBusy,
      only: ['error', 'drop-delta'],
      failuresNeeded: 1,
    })
    const results = new Map(conformance.cases.map(({ name, result, seen }) => [name, `${result}: ${seen}`]))
    assert.equal(results.get('error@50%'), 'fail: error_then_success')
    assert.equal(results.get('drop-delta@50%'), 'pass: text_missing')
    assert.ok(conformance.form.includes('not_an_event'))
  })
})

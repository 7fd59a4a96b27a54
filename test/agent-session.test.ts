import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { streamPlanner } from '../src/load/stream-plan.ts'
import { startMock } from '../src/mock/mock.ts'
import { parseRequest } from '../src/mock/request.ts'
import type { ProfileName } from '../src/model/profile-name.ts'
import type { ProtocolName } from '../src/model/protocol-name.ts'
import { experimentOf } from '../src/options/scenario.ts'
import { bodyWriter, requestProfiles } from '../src/protocol/profiles/profiles.ts'
import { startReferenceGateway } from '../src/reference/reference-gateway.ts'
import { rerunCommand } from '../src/report/rerun.ts'
import { load } from './fixtures/load.ts'
import { silentLog } from './fixtures/silent-log.ts'

const local = { host: '127.0.0.1', port: 0, log: silentLog } as const
const mock = await startMock({ ...local, chunks: 1, delayMs: 0 })
const gateway = await startReferenceGateway({ ...local, upstream: `${mock.url}/v1` })
after(async () => {
  for (const server of [gateway, mock]) await server[Symbol.asyncDispose]()
})

const pairs = Object.entries(requestProfiles).flatMap(([requestProfile, forms]) =>
  Object.keys(forms).map((protocol) => [requestProfile as ProfileName, protocol as ProtocolName] as const),
)
const { scenario } = experimentOf({
  streams: 4,
  total: 32,
  turns: 5,
  chunks: 9,
  delayMs: 0,
  seed: 5,
  mix: [
    'call: weight=3, content=tools, prompt-kb=4',
    'calls: weight=2, content=parallel, prompt-kb=uniform(1,20)',
    'think: content=thinking, chunks=30',
    'answer: content=plain, chunks=60, prompt-kb=2',
  ],
})

/** The ids of tool calls and of tool results in a request, as they follow one another. */
function callsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(callsIn)
  if (typeof value !== 'object' || value === null) return []
  const { type, role, id, call_id: call, tool_use_id: used, tool_call_id: called } = value as Record<string, unknown>
  if (type === 'tool_use' || (type === 'function' && id !== undefined)) return [`call ${id}`]
  if (type === 'function_call') return [`call ${call}`]
  if (type === 'function_call_output') return [`result ${call}`]
  if (type === 'tool_result') return [`result ${used}`]
  if (role === 'tool') return [`result ${called}`]
  return Object.values(value).flatMap(callsIn)
}

describe('an agent session', () => {
  for (const [requestProfile, protocol] of pairs) {
    it(`contains the conversation so far, each tool call with its result: ${requestProfile} in ${protocol}`, () => {
      const planOf = streamPlanner({ ...scenario, requestProfile }, protocol)
      const write = bodyWriter(requestProfile, protocol)
      let size = 0
      for (let turn = 0; turn < 12; turn++) {
        const earlier = Array.from({ length: turn }, (_, number) => number)
        const { ask, turn: planned } = planOf(turn, earlier)
        assert.equal(planned, turn)
        assert.equal(ask.session, planOf(0).ask.session)
        const body = JSON.parse(write(ask))
        const request = parseRequest(protocol, body)
        assert.ok(typeof request !== 'string', String(request))
        assert.equal(request.key?.stream, turn, 'the plan is in the last user message')
        const ids = callsIn(body.messages ?? body.input)
        const calls = ids.filter((text) => text.startsWith('call ')).map((text) => text.slice(5))
        const results = ids.filter((text) => text.startsWith('result ')).map((text) => text.slice(7))
        assert.deepEqual(results, calls)
        assert.equal(new Set(calls).size, calls.length)
        // A result follows its call, and the answers of a turn come before the calls of the next one.
        for (const id of calls) assert.ok(ids.indexOf(`call ${id}`) < ids.indexOf(`result ${id}`))
        assert.ok(turn < 6 || calls.length > 3)
        assert.doesNotMatch(JSON.stringify(body), /\{(?:history|results|prompt)\}/)
        const { length } = JSON.stringify(body)
        assert.ok(length > size, `turn ${turn}: ${length} after ${size} characters`)
        size = length
      }
    })

    it(`gets every answer complete from the reference gateway: ${requestProfile} in ${protocol}`, async () => {
      const { records } = await load(gateway.url, { ...scenario, requestProfile, protocol, isPlanCertain: true })
      const wrong = records.filter(({ outcome, findings }) => outcome.state !== 'whole' || findings !== undefined)
      assert.deepEqual(wrong.slice(0, 2), [])
      const turns = [0, 1, 2, 3, 4].map((turn) => records.filter((record) => (record.turn ?? 0) === turn).length)
      assert.equal(records.length, 32)
      assert.ok(
        turns.every((count) => count >= 4),
        `${turns}`,
      )
      assert.ok(
        turns.every((count, turn) => turn === 0 || count <= (turns[turn - 1] as number)),
        `${turns}`,
      )
    })
  }

  it('starts again if a stream does not arrive complete', async () => {
    const faults = ['reset-before-headers#2']
    const phases = [{ name: 'load', shape: 'constant-streams', streams: 1, total: 6 }] as const
    const { records } = await load(mock.url, { ...scenario, phases, faults, protocol: 'anthropic-messages' })
    assert.deepEqual(
      records.map(({ turn = 0 }) => turn),
      [0, 1, 2, 0, 1, 2],
    )
  })

  it('starts again if the conversation is longer than 4 MiB', () => {
    const mix = [{ name: 'large', weight: 1, promptKb: { distribution: 'constant', value: 1000 } }] as const
    const planOf = streamPlanner({ ...scenario, mix }, 'anthropic-messages')
    assert.equal(planOf(4, [0, 1, 2, 3]).turn, 4)
    assert.equal(planOf(5, [0, 1, 2, 3, 4]).turn, 0)
  })

  it('is one turn if a stream is repeated alone', () => {
    const words = ['run', '--turns=5', '--streams=4', '--total', '32', '--mix', 'a: content=tools', '--seed=5']
    const command = rerunCommand({ words }, 7) ?? ''
    assert.match(command, / run --mix 'a: content=tools' --seed=5 --streams 1 --first-stream 7$/)
  })

  it('is refused without a closed loop', () => {
    assert.throws(() => experimentOf({ turns: 5 }), /turns needs a closed loop/)
    assert.throws(() => experimentOf({ turns: 5, rate: '5/s', duration: '1s' }), /turns needs a closed loop/)
  })
})

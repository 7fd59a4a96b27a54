import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type FaultName, faultNames, faultTable } from '../src/fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../src/fault/parse-fault.ts'
import { providerFormFaults } from '../src/fault/provider-form.ts'
import { providerStopFaults } from '../src/fault/provider-stop.ts'
import { startMock } from '../src/mock/mock.ts'
import type { FailureKind } from '../src/model/failure.ts'
import { type ProtocolName, protocolNames } from '../src/model/protocol-name.ts'
import type { StreamRecord } from '../src/model/record.ts'
import { type LoadSettings, load } from './fixtures/load.ts'
import { startMisbehaving } from './fixtures/misbehaving-gateway.ts'
import { silentLog } from './fixtures/silent-log.ts'

const chunks = 12
/** Number of seeds for each fault at each position. */
const seeds = Number(process.env['FAULT_SEEDS'] ?? 1)
/** Cases that run at the same time: more would wait for each other on a slow machine. */
const casesAtOnce = 60
/** Idle timeout for stalled streams, in s. */
const idleS = 4

/** Faults that end by the idle timeout. The others have no time limit, so that a slow machine does not fail them. */
const silent = new Set(['no-answer', 'stall-first', 'stall', 'stall-comments'])

function describeRecord({ outcome, findings = [] }: StreamRecord): string {
  const name = outcome.state === 'failed' ? outcome.kind : outcome.state
  return `${name} ${findings.map(({ rule }) => rule).join(' ')} ${outcome.state === 'failed' ? outcome.detail : ''}`
}

/** A fault at one position. */
interface Case {
  readonly name: FaultName
  readonly text: string
}

/** Each of the faults, at each position if it has one. */
function casesOf(names: readonly FaultName[]): readonly Case[] {
  return names.flatMap((name) =>
    (faultTable[name].isPlaced ? ['@start', '@50%', '@last'] : ['']).map((position) => ({
      name,
      text: name + position,
    })),
  )
}

/** Plays each case between two clean streams, with this many seeds, and passes the three records to `look`. */
async function playCases(
  url: string,
  cases: readonly Case[],
  settings: LoadSettings,
  seeds: number,
  look: (current: Case, records: readonly StreamRecord[], seed: number) => void,
): Promise<void> {
  for (let seed = 0; seed < seeds; seed++)
    for (let first = 0; first < cases.length; first += casesAtOnce) {
      const batch = cases.slice(first, first + casesAtOnce)
      const faults = batch.map(({ text }, index) => `${text}#${3 * index + 1}`)
      const plan = { seed: 10_000 * seed + first, chunks, streams: 3 * batch.length, faults, isPlanCertain: true }
      const { records } = await load(url, { ...plan, ...settings })
      for (const [index, current] of batch.entries()) look(current, records.slice(3 * index, 3 * index + 3), plan.seed)
    }
}

/** Plays cases with every seed direct from the mock, and returns those that are classified wrongly. */
async function wrongCases(protocol: ProtocolName, isSilent: boolean, t: TestContext): Promise<readonly string[]> {
  const mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 1, delayMs: 0, log: silentLog })
  t.after(() => mock[Symbol.asyncDispose]())
  const names = faultNames.filter(
    (name) => silent.has(name) === isSilent && (faultTable[name].protocols ?? [protocol]).includes(protocol),
  )
  const limits = isSilent ? { idleS, timeoutS: 60 } : { idleS: 240, timeoutS: 240 }
  const settings = { protocol, delayMs: 2, model: 'mock-model', ...limits }
  const wrong: string[] = []
  await playCases(mock.url, casesOf(names), settings, seeds, ({ name, text }, [before, faulty, after], seed) => {
    const placed = parsePlaced(text)
    assert.ok(placed && before && faulty && after)
    const { outcome, rule } = faultTable[name].direct(protocol, deltasBefore(placed, chunks), chunks)
    const observed = faulty.outcome.state === 'failed' ? faulty.outcome.kind : faulty.outcome.state
    const isFound = rule === undefined || faulty.findings?.some((finding) => finding.rule === rule)
    if (observed !== outcome || !isFound)
      wrong.push(`${text}, seed ${seed}: ${outcome} ${rule ?? ''}, got ${describeRecord(faulty)}`)
    for (const clean of [before, after])
      if (describeRecord(clean) !== 'whole  ') wrong.push(`next to ${text}: ${describeRecord(clean)}`)
  })
  return wrong
}

describe('each fault, direct from the mock', { concurrency: 3 }, () => {
  for (const protocol of protocolNames)
    it(`is classified correctly in ${protocol} at each position, and the other streams are clean`, async (t) =>
      assert.deepEqual(await wrongCases(protocol, false, t), []))
})

// Silence is measured in real time, so nothing else keeps this process busy.
describe('each fault that is silence, direct from the mock', { concurrency: 3 }, () => {
  for (const protocol of protocolNames)
    it(`is classified correctly in ${protocol} at each position, and the other streams are clean`, async (t) =>
      assert.deepEqual(await wrongCases(protocol, true, t), []))
})

/**
 * What a client of the reference gateway sees if the provider speaks another dialect. Dialects that the gateway can translate
 * are complete; all others are errors.
 */
const throughGateway: Readonly<Partial<Record<FaultName, 'whole' | FailureKind>>> = {
  'finish-empty': 'whole',
  'finish-only-empty': 'inband_error',
  'foreign-stop': 'whole',
  'foreign-tool-stop': 'whole',
  'late-text': 'inband_error',
  'no-content': 'inband_error',
  'call-missing': 'inband_error',
  'call-denied': 'stop_reason_differs',
  'finish-error': 'inband_error',
  'error-with-finish': 'inband_error',
  'call-no-index': 'whole',
  'call-same-id': 'inband_error',
  'call-no-name': 'inband_error',
  'args-object': 'whole',
  'content-list': 'inband_error',
  'delta-null': 'whole',
  'message-not-delta': 'inband_error',
  'extra-choice': 'inband_error',
}

describe('each dialect of a provider, through the reference gateway', { concurrency: 3 }, () => {
  const dialects = Object.keys({ ...providerStopFaults, ...providerFormFaults }) as FaultName[]

  for (const protocol of protocolNames)
    it(`is translated or reported in ${protocol}, and the other streams are clean`, async (t) => {
      const topology = await startMisbehaving({})
      t.after(() => topology[Symbol.asyncDispose]())
      const wrong: string[] = []
      for (const [content = 'plain', names] of Map.groupBy(dialects, (name) => faultTable[name].content)) {
        const settings = { protocol, delayMs: 1, content, maxTokens: 4096 }
        const fewer = Math.ceil(seeds / 3)
        await playCases(topology.gatewayUrl, casesOf(names), settings, fewer, ({ name, text }, records, seed) => {
          const kinds = records.map(({ outcome }) => (outcome.state === 'failed' ? outcome.kind : outcome.state))
          // Responses have no stop reason that could deny a tool call.
          const isLost = protocol === 'openai-responses' && name === 'call-denied'
          const expected = ['whole', isLost ? 'whole' : throughGateway[name], 'whole']
          if (kinds.join() !== expected.join()) wrong.push(`${text}, seed ${seed}: expected ${expected}, got ${kinds}`)
        })
      }
      assert.deepEqual(wrong, [])
    })
})

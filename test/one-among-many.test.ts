import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faultNames, faultTable } from '../src/fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../src/fault/parse-fault.ts'
import { startMock } from '../src/mock/mock.ts'
import { load } from './fixtures/load.ts'
import { silentLog } from './fixtures/silent-log.ts'

const protocol = 'openai-chat-completions'
const chunks = 12
const clean = 1000
const faulty = 500

/** The faults of `npm test`. `ALL_FAULTS=1` runs every fault at every position, except those that end by a timeout. */
const few = [
  'truncate@50%',
  'fin-in-json@100%',
  'bad-json@0',
  'drop-delta@50%',
  'foreign-delta@50%',
  'no-done',
  'http-500',
]
const silent = new Set(['no-answer', 'stall-first', 'stall', 'stall-comments', 'slow-first', 'drip'])

function all(): readonly string[] {
  return faultNames
    .filter((name) => !silent.has(name) && (faultTable[name].protocols ?? [protocol]).includes(protocol))
    .flatMap((name) => (faultTable[name].isPlaced ? ['0', '50%', '100%'].map((place) => `${name}@${place}`) : [name]))
}

describe('one bad stream among 1,000 clean ones', () => {
  for (const fault of process.env['ALL_FAULTS'] ? all() : few) {
    it(`is classified as ${fault}, and nothing is found in the others`, async (t) => {
      const mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 1, delayMs: 0, log: silentLog })
      t.after(() => mock[Symbol.asyncDispose]())
      const { records } = await load(mock.url, {
        streams: clean + 1,
        chunks,
        delayMs: 5,
        rampMs: 500,
        timeoutS: 60,
        model: 'mock-model',
        isPlanCertain: true,
        protocol,
        faults: [`${fault}#${faulty}`],
      })
      const placed = parsePlaced(fault)
      assert.ok(placed)
      const expected = faultTable[placed.name].direct(protocol, deltasBefore(placed, chunks), chunks).outcome
      const wrong = records.flatMap(({ stream, outcome, findings = [] }) => {
        const seen = outcome.state === 'failed' ? outcome.kind : outcome.state
        if (stream === faulty) return seen === expected ? [] : [`${stream}: ${seen}`]
        return seen === 'whole' && findings.length === 0
          ? []
          : [`${stream}: ${seen} ${findings.map(({ rule }) => rule)}`]
      })
      assert.deepEqual(wrong, [])
      assert.equal(records.length, clean + 1)
    })
  }
})

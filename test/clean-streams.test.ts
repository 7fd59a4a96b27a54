import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { contentKinds } from '../src/model/content.ts'
import { protocolNames } from '../src/model/protocol-name.ts'
import type { StreamRecord } from '../src/model/record.ts'
import { contentOf } from '../src/plan/content.ts'
import { noToxics } from '../src/topology/hop.ts'
import { startLocalTopology } from '../src/topology/local.ts'
import { freePorts } from './fixtures/free-port.ts'
import { testHost } from './fixtures/host.ts'
import { load } from './fixtures/load.ts'

/** Number of streams over all protocols and both paths. */
const streams = Number(process.env['CLEAN_STREAMS'] ?? 2000)
const atOnce = 200
const plan = { chunks: 12, delayMs: 0, content: 'all', maxTokens: 4096, isPlanCertain: true, idleS: 60 } as const
const harmless = ['slice:0.005', 'crlf:0.1', 'cr:0.1', 'mixed-lines:0.1', 'comments:0.1', 'bom:0.1', 'coalesce:0.1']

const [mockPort, ccrPort] = (await freePorts(2)) as [number, number]
const topology = await startLocalTopology(
  { gateway: 'reference', mockPort, ccrPort, ...plan, model: 'mock,mock-model', toxics: noToxics },
  testHost({ env: process.env }),
)
after(() => topology[Symbol.asyncDispose]())

function wrongText(record: StreamRecord, seed: number): string {
  const { stream, fault, outcome, findings } = record
  return JSON.stringify({ seed, stream, fault, outcome, findings })
}

describe('streams of each content kind, split, joined and formatted in every way that SSE allows', () => {
  const places = [
    ['direct to the mock', topology.mockUrl],
    ['through the reference gateway', topology.gatewayUrl],
  ] as const
  const perCase = Math.ceil(streams / protocolNames.length / places.length)

  for (const protocol of protocolNames)
    for (const [where, url] of places)
      it(`pass without findings in ${protocol} ${where}`, async (t) => {
        const startedMs = performance.now()
        const seen = new Set<string>()
        const wrong: string[] = []
        let records = 0
        for (let seed = 1; records < perCase; seed++) {
          const options = { ...plan, protocol, seed, faults: harmless, streams: Math.min(atOnce, perCase - records) }
          const batch = (await load(url, options)).records
          records += batch.length
          for (const record of batch) {
            seen.add(record.fault ?? 'none').add(contentOf(plan.content, seed, record.stream))
            if (record.outcome.state !== 'whole' || record.findings) wrong.push(wrongText(record, seed))
          }
        }
        assert.deepEqual([wrong.slice(0, 5), wrong.length], [[], 0])
        // A few hundred streams are enough to contain each content kind and each fault.
        if (records >= 300) assert.equal(seen.size, contentKinds.length + harmless.length + 1)
        t.diagnostic(
          `${records} records, ${wrong.length} wrong, ${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
        )
      })
})

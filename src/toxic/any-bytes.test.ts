import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { startWire } from '../../test/fixtures/toxic-wire.ts'
import type { Direction } from './toxic.ts'
import type { Toxic } from './toxics.ts'

const pieces = fc.array(
  fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 6 },
)
const base = { stream: fc.constantFrom<Direction[]>('downstream', 'upstream'), toxicity: fc.constant(1) }
const toxic: fc.Arbitrary<Toxic> = fc.oneof(
  fc.record({
    ...base,
    type: fc.constant('latency' as const),
    attributes: fc.record({ latency: fc.nat(5), jitter: fc.nat(5) }),
  }),
  fc.record({
    ...base,
    type: fc.constant('bandwidth' as const),
    attributes: fc.record({ rate: fc.constantFrom(500, 3000, 50_000) }),
  }),
  fc.record({
    ...base,
    type: fc.constant('slicer' as const),
    attributes: fc.record({
      average_size: fc.integer({ min: 20, max: 2000 }),
      size_variation: fc.nat(19),
      delay: fc.constantFrom(0, 0, 50),
    }),
  }),
  fc.record({ ...base, type: fc.constant('slow_close' as const), attributes: fc.record({ delay: fc.nat(5) }) }),
)

describe('toxics that only delay', { timeout: 120_000 }, () => {
  it('pass all bytes unchanged, in any pieces, in both directions and with toxics in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(toxic, { maxLength: 6 }), pieces, pieces, fc.nat(), async (toxics, up, down, seed) => {
        await using wire = await startWire(toxics, seed)
        const { client, server } = await wire.dial()
        for (const [{ socket }, sent] of [
          [client, up],
          [server, down],
        ] as const) {
          for (const piece of sent) {
            socket.write(piece)
            await new Promise((resolve) => setImmediate(resolve))
          }
          socket.end()
        }
        assert.deepEqual([(await client.over).how, (await server.over).how], ['end', 'end'])
        assert.ok(client.bytes().equals(Buffer.concat(down)))
        assert.ok(server.bytes().equals(Buffer.concat(up)))
      }),
      { numRuns: 60 },
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { contentKinds } from '../model/content.ts'
import { type PlanKey, parsePlanMarker, planLimits, planMarker } from './key.ts'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const anyPlan: fc.Arbitrary<PlanKey> = fc.record(
  {
    seed: uint32,
    stream: uint32,
    chunks: fc.integer({ min: 1, max: planLimits.chunks }),
    deltaBytes: fc.integer({ min: 1, max: planLimits.deltaBytes }),
    content: fc.constantFrom(...contentKinds),
    fault: fc.constantFrom('truncate@50%', 'reset-before-headers', 'fin@3'),
    delayMs: fc.oneof(
      fc.integer({ min: 0, max: planLimits.delayMs }),
      fc.integer({ min: 0, max: 3_600_000_000 }).map((thousandths) => thousandths / 1000),
    ),
  },
  { requiredKeys: ['seed', 'stream'] },
)

/** A plan without optional members. */
const absent = { chunks: undefined, delayMs: undefined, deltaBytes: undefined, content: undefined, fault: undefined }

describe('the marker of a plan', () => {
  it('carries any plan through a prompt', () => {
    fc.assert(
      fc.property(anyPlan, fc.string(), fc.string(), (plan, before, after) => {
        assert.deepEqual(parsePlanMarker(`${before}${planMarker(plan)}${after}`), { ...absent, ...plan })
      }),
    )
  })

  it('carries a delay with nanosecond precision', () => {
    assert.equal(planMarker({ seed: 1, stream: 2, delayMs: 0.1 + 0.2 }), '[plan seed=1 stream=2 delay_ms=0.3]')
    assert.equal(planMarker({ seed: 1, stream: 2, delayMs: 1e-7 }), '[plan seed=1 stream=2 delay_ms=0]')
    assert.equal(planMarker({ seed: 1, stream: 2, delayMs: 1e-6 }), '[plan seed=1 stream=2 delay_ms=0.000001]')
  })

  it('has a fixed format, because mock and runner may have different versions', () => {
    const plan = { seed: 1, stream: 2, chunks: 3, delayMs: 4.5 }
    assert.equal(planMarker(plan), '[plan seed=1 stream=2 chunks=3 delay_ms=4.5]')
    assert.equal(planMarker({ seed: 1, stream: 2 }), '[plan seed=1 stream=2]')
  })

  const none = [
    '',
    'Tell me a story.',
    '[plan]',
    '[plan seed=1]',
    '[plan seed=-1 stream=2]',
    '[plan seed=1 stream=2 chunks=]',
    '[plan seed=1 stream=2 chunks=0]',
    `[plan seed=1 stream=2 chunks=${planLimits.chunks + 1}]`,
    `[plan seed=1 stream=2 delay_ms=${planLimits.delayMs + 1}]`,
    `[plan seed=1 stream=2 delay_ms=${planLimits.delayMs}.000001]`,
    '[plan seed=1 stream=2 delta_bytes=0]',
    `[plan seed=1 stream=2 delta_bytes=${planLimits.deltaBytes + 1}]`,
    '[plan seed=1 stream=2 delay_ms=1e3]',
    '[plan seed=1 stream=2 delay_ms=1 chunks=3]',
    '[plan seed=4294967296 stream=2]',
    '[plan seed=1 stream=4294967296]',
    '[plan seed=1 stream=2 content=poem]',
    '[plan seed=1 stream=2 fault=two words]',
    '[plan seed=1 stream=2 fault=<b>]',
  ]
  for (const prompt of none) {
    it(`is not found in ${JSON.stringify(prompt)}`, () => assert.equal(parsePlanMarker(prompt), undefined))
  }

  it('is found if its values are at their limits', () => {
    const plan = { seed: 0xffff_ffff, stream: 0xffff_ffff, ...planLimits }
    assert.deepEqual(parsePlanMarker(planMarker(plan)), { ...absent, ...plan })
  })
})

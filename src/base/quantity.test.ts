import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  countMeasure,
  dataRateMeasure,
  formatQuantity,
  type Measure,
  parseQuantity,
  rateMeasure,
  shareMeasure,
  sizeMeasure,
  timeMeasure,
} from './quantity.ts'

const measures = [timeMeasure, shareMeasure, sizeMeasure, rateMeasure, dataRateMeasure, countMeasure]

describe('a quantity', () => {
  it('that was formatted parses to itself, in every measure', () => {
    for (const measure of measures)
      fc.assert(
        fc.property(
          fc.oneof(
            fc.nat(),
            fc.maxSafeNat().map((value) => value % 1e15),
          ),
          (value) => {
            const most = value % ((measure.most ?? 1e15) + 1)
            assert.equal(parseQuantity(formatQuantity(most, measure), measure), most)
          },
        ),
      )
  })

  const good: readonly (readonly [text: string, measure: Measure, value: number, canonical: string])[] = [
    ['250ms', timeMeasure, 250e6, '250ms'],
    ['250', timeMeasure, 250e6, '250ms'],
    ['0', timeMeasure, 0, '0ns'],
    ['1.5s', timeMeasure, 1.5e9, '1500ms'],
    ['2000ms', timeMeasure, 2e9, '2s'],
    ['0.5ms', timeMeasure, 500e3, '500us'],
    ['90s', timeMeasure, 90e9, '90s'],
    ['2m', timeMeasure, 120e9, '2m'],
    ['1%', shareMeasure, 1e4, '1%'],
    ['0.01', shareMeasure, 1e4, '1%'],
    ['0.07', shareMeasure, 7e4, '7%'],
    ['100%', shareMeasure, 1e6, '100%'],
    ['0.0001%', shareMeasure, 1, '0.0001%'],
    ['0.5MiB', sizeMeasure, 524_288, '512KiB'],
    ['1.5GiB', sizeMeasure, 1_610_612_736, '1536MiB'],
    ['12.5/s', rateMeasure, 12.5e6, '12.5/s'],
    ['12.5', rateMeasure, 12.5e6, '12.5/s'],
    ['1.5Mbit/s', dataRateMeasure, 1.5e6, '1500kbit/s'],
    ['20', countMeasure, 20, '20'],
  ]
  for (const [text, measure, value, canonical] of good)
    it(`accepts ${text} as ${measure.what}, which is ${canonical}`, () => {
      assert.equal(parseQuantity(text, measure), value)
      assert.equal(formatQuantity(value, measure), canonical)
    })

  const bad: readonly (readonly [text: string, measure: Measure, message: RegExp])[] = [
    ['', timeMeasure, /^must be a time such as 250ms/],
    ['5%', timeMeasure, /^must be a time such as 250ms/],
    ['5 ms', timeMeasure, /^must be a time/],
    ['-5ms', timeMeasure, /^must be a time/],
    ['1e3ms', timeMeasure, /^must be a time/],
    ['5msec', timeMeasure, /^must be a time/],
    ['0.1ns', timeMeasure, /^must be 0 or at least 1ns$/],
    ['999999999999s', timeMeasure, /^must be a time of at most 1000000s, such as 250ms/],
    ['250ms', shareMeasure, /^must be a share such as 1%/],
    ['512', sizeMeasure, /^must be a size such as 512MiB/],
    ['512MB', sizeMeasure, /^must be a size such as 512MiB/],
    ['100.1%', shareMeasure, /^must be a share of at most 100%, such as 1%/],
    ['5.0', countMeasure, /^must be a whole number/],
    ['5/m', rateMeasure, /^must be a rate such as 50\/s/],
    ['5ms', countMeasure, /^must be a whole number such as 0/],
  ]
  for (const [text, measure, message] of bad)
    it(`refuses ${JSON.stringify(text)} as ${measure.what}`, () => {
      assert.match(`${parseQuantity(text, measure)}`, message)
    })

  it('is never an exception, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...measures), (text, measure) => void parseQuantity(text, measure)),
    )
  })
})

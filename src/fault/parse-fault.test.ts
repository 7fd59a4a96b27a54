import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Problem } from '../base/errors.ts'
import { clientFaultText, formatClientFault, parseClientFault, pointOf } from './client-fault.ts'
import { faultNames, faultTable } from './fault-table.ts'
import {
  deltasBefore,
  faultOf,
  faultProblems,
  formatFault,
  formatPlaced,
  parseFault,
  parsePlaced,
} from './parse-fault.ts'

function read(text: string) {
  const problems: Problem[] = []
  return { fault: parseFault(text, problems), problems }
}

const specOf = (text: string) => {
  const { fault } = read(text)
  assert.ok(fault, text)
  return fault
}

describe('--fault', () => {
  it('round-trips through parse and format for each name, position and selection', () => {
    for (const name of faultNames) {
      for (const position of faultTable[name].isPlaced ? ['', '@50%', '@7'] : [''])
        for (const selection of [':0.05', '#3,7'])
          assert.equal(formatFault(specOf(`${name}${position}${selection}`)), `${name}${position}${selection}`)
    }
  })

  it('applies to all streams by default, and accepts start, middle and last as positions', () => {
    assert.equal(formatFault(specOf('reset')), 'reset:1')
    const deltas = (text: string) => deltasBefore(specOf(text), 20)
    assert.deepEqual(
      ['reset', 'reset@start', 'reset@middle', 'reset@last', 'reset@5', 'reset@99', 'reset@25%'].map(deltas),
      [10, 0, 10, 19, 5, 19, 5],
    )
  })

  it('is stored in a plan without the streams that it applies to', () => {
    const placed = parsePlaced('truncate@50%')
    assert.ok(placed)
    assert.equal(formatPlaced(placed), 'truncate@50%')
    for (const text of ['truncate@50%:0.5', 'truncate#1', 'nothing', '']) assert.equal(parsePlaced(text), undefined)
  })

  const invalid: readonly (readonly [text: string, expected: RegExp])[] = [
    ['', /NAME/],
    ['trunkate', /Did you mean truncate\?/],
    ['truncate@50%:0', /share after the colon must be above 0/],
    ['truncate@50%:1.5', /share after the colon must be above 0/],
    ['truncate@50%:x', /share after the colon must be above 0/],
    ['truncate@101%', /position after @ must be/],
    ['truncate@nowhere', /position after @ must be/],
    ['http-500@50%', /http-500 takes no position/],
    ['truncate@50%:0.5#1', /NAME/],
  ]
  for (const [text, expected] of invalid) {
    it(`rejects ${JSON.stringify(text)} with what is expected`, () => {
      const { fault, problems } = read(text)
      assert.equal(fault, undefined)
      assert.equal(problems.length, 1)
      assert.match(`${problems[0]?.message} ${problems[0]?.hint}`, expected)
    })
  }

  it('rejects shares that add up to more than 1', () => {
    assert.deepEqual(faultProblems([specOf('reset:0.5'), specOf('fin:0.5')]), [])
    assert.equal(faultProblems([specOf('reset:0.5'), specOf('fin:0.6')])[0]?.got, '1.1')
  })
})

describe('the streams that faults apply to', () => {
  const faults = ['truncate@50%:0.1', 'reset:0.2', 'fin#3,5000'].map(specOf)

  it('match the shares, include named streams, and are the same for the same seed', () => {
    const names = Array.from({ length: 10_000 }, (_, stream) => faultOf(faults, 7, stream)?.name)
    const count = (name: string | undefined) => names.filter((drawn) => drawn === name).length
    assert.ok(Math.abs(count('truncate') - 1000) < 150, `${count('truncate')}`)
    assert.ok(Math.abs(count('reset') - 2000) < 200, `${count('reset')}`)
    assert.equal(count('fin'), 2)
    assert.deepEqual([names[3], names[5000]], ['fin', 'fin'])
    assert.deepEqual(
      Array.from({ length: 10_000 }, (_, stream) => faultOf(faults, 7, stream)?.name),
      names,
    )
    assert.notDeepEqual(
      Array.from({ length: 10_000 }, (_, stream) => faultOf(faults, 8, stream)?.name),
      names,
    )
  })
})

describe('--client-fault', () => {
  it('round-trips through parse and format', () => {
    for (const text of ['abort@sent:0.1', 'abort@headers:1', 'abort@over#1,2', 'slow-read@3:0.5', 'stall-read@50%:1']) {
      const fault = parseClientFault(text, [])
      assert.ok(fault)
      assert.equal(formatClientFault(fault), text)
      assert.equal(clientFaultText(fault), text.split(/[:#]/)[0])
    }
  })

  it('rejects an unknown name, position or share', () => {
    for (const text of ['leave', 'abort@nowhere', 'abort@50%:2', 'abort@101%', '']) {
      const problems: Problem[] = []
      assert.equal(parseClientFault(text, problems), undefined)
      assert.equal(problems.length, 1)
    }
  })

  it('starts after the first delta at the earliest and after the last at the latest', () => {
    assert.equal(pointOf({ percent: 0 }, 20), 1)
    assert.equal(pointOf({ percent: 50 }, 20), 10)
    assert.equal(pointOf({ deltas: 99 }, 20), 20)
    assert.equal(pointOf('over', 20), 'over')
  })
})

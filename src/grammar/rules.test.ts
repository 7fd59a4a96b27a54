import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { corruptions, isCorruption, ruleIds, rules, titledRule } from './rules.ts'

describe('the table of rules', () => {
  it('puts the most severe failure first', () => {
    assert.deepEqual(
      corruptions.map(([rule]) => rule),
      ['I5', 'I4', 'I3', 'I2', 'I1', 'I6', 'I7', 'I9', 'A12'],
    )
    assert.equal(isCorruption('I5'), true)
    assert.equal(isCorruption('A3'), false)
    assert.equal(isCorruption('X1'), false)
  })

  it('is listed by letter and number', () => {
    assert.equal(ruleIds.length, Object.keys(rules).length)
    assert.deepEqual(ruleIds.slice(0, 3), ['A1', 'A2', 'A3'])
    assert.deepEqual(ruleIds.slice(ruleIds.indexOf('I9'), ruleIds.indexOf('I9') + 2), ['I9', 'I10'])
  })

  it('has titles that complete a report line', () => {
    for (const [id, { title }] of Object.entries(rules)) assert.match(title, /^[a-z[][^\n|]*[^.]$/, id)
    assert.equal(titledRule('A12'), "A12 stop reason differs from the provider's")
    assert.equal(titledRule('json_malformed'), 'json_malformed (event data is not JSON)')
    assert.equal(titledRule('X1'), 'X1')
  })
})

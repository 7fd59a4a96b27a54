import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atMost, figure, ratio, type Section } from './section.ts'
import { sectionText } from './section-text.ts'

const section: Section = {
  title: 'A title',
  notes: ['a condition'],
  head: ['client', 'us'],
  rows: [['ours', '1.00']],
  problems: [],
  goals: [atMost('CPU', 18, 18, 'us')],
}

test('remarks are printed between the table and the goals', () => {
  assert.match(sectionText({ ...section, remarks: ['a remark'] }), /1\.00\n\n {2}a remark\n {2}reached/)
})

test('a goal is reached up to its limit and missed above it', () => {
  assert.match(sectionText(section), /reached: yes {2}CPU: 18\.0 us; target: at most 18\.0 us/)
  assert.match(sectionText({ ...section, goals: [atMost('CPU', 18.1, 18, 'us')] }), /reached: no {3}CPU/)
})

test('a goal is not reached if it or its limit was not measured', () => {
  assert.equal(atMost('CPU', undefined, 18, 'us').reached, false)
  assert.equal(atMost('CPU', 1, Number.NaN, 'us').reached, false)
})

test('no goal is reached if a round had a problem, and the problem is printed', () => {
  const text = sectionText({ ...section, problems: ['3 of 4 streams arrived whole'] })
  assert.match(text, /PROBLEM {2}3 of 4 streams arrived whole/)
  assert.match(text, /reached: no \(see the problem\) {2}CPU/)
})

test('a figure that was not measured is n/a and never a number', () => {
  assert.deepEqual([figure(undefined), figure(9.876), figure(98.76)], ['n/a', '9.88', '98.8'])
  assert.deepEqual([ratio(1, undefined), ratio(3, 2)], ['n/a', '1.50 x'])
})

import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { regularExpressions, slowPatterns } from '../tools/regular-expressions.ts'
import { slowness } from '../tools/slow-pattern.ts'

const slow: readonly RegExp[] = [
  /^(a+)+$/,
  /^(a|a)*$/,
  /^(a|aa)+$/,
  /^(.*)*$/,
  /^(\w+\s?)*$/,
  /^(?:x?)*y/,
  /^\s*\s*x/,
  /^\d+\d+x/,
  /^.*x.*y/,
  /^cpu +([\d ]+)$/m,
  /a*b/,
  /\/+$/,
  /^ +| +$/g,
  /[a-z]+:/,
  /^\s+start\b/m,
  /\d+(?:\.\d+)+-/,
  /"[^a]*"/,
  /"(?:[^"\\]|\\.)*"/g,
  /\b[a-z][a-z0-9+.-]*:\/\//gi,
  /(?:authorization|[a-z_-]*token)=/,
  /"url":"(http:[^"]+)".*"proxy listening"/,
  // The one that froze the runner.
  /ccr_peak_active_streams(?:\{[^}]*\})?\s+(\d+)/,
]

const fast: readonly RegExp[] = [
  /^\d+$/,
  /[ \t]+/g,
  /\r?\n/,
  /^([!a-z-]+):(.*)$/,
  /"error"\s*:/,
  /^\d+(?:\.\d+)+$/,
  /[ \t]*;[ \t]*a+/y,
  /^"(?:[^"\\]|\\.)*"/,
  /^PPid:\s+(\d+)/m,
  /^[ \t]+start\b/m,
  /\[plan seed=(?<seed>\d{1,10})\]/,
  /\bbearer\s+[\w.]{6,}/gi,
  /\b\d+\.\d+\.\d+[\w.+-]*/,
  /\S+( \S+)*/g,
  /a(?=b)|a{1,9}b|\p{L}/u,
]

describe('a regular expression', () => {
  for (const { source, flags } of slow)
    it(`/${source}/${flags} is not linear`, () => assert.notEqual(slowness(source, flags), undefined))
  for (const { source, flags } of fast)
    it(`/${source}/${flags} is linear`, () => assert.equal(slowness(source, flags), undefined))
})

test('the regular expressions of a source file are found between divisions, comments, strings and templates', () => {
  const text = [
    '#!/usr/bin/env node',
    "const a = b / c / d // /a+b/ and '",
    'const e = `/$-{f(/one/g, `$-{/two/}`)}/` /* /x/ */',
    "const g = 'it\\'s /x/' + \"/y/\"",
    'const pattern =',
    '  // What is before it is no code.',
    '  /[/]three/',
    'if (/four/.test(h)) return /five/',
    "new RegExp(`^$-{name}:\\\\s+(\\\\d+)$`, 'm')",
    'new RegExp(given)',
  ]
    .join('\n')
    .replaceAll('$-{', '${')
  assert.deepEqual(
    [...regularExpressions(text)].map(({ line, source, flags }) => `${line} /${source}/${flags}`),
    [
      '3 /one/g',
      '3 /two/',
      '7 /[/]three/',
      '8 /four/',
      '8 /five/',
      '9 /^name:\\s+(\\d+)$/m',
      // Nobody knows what it is.
      '10 //',
    ],
  )
})

test('a slow regular expression is reported with its place, unless a comment above it says why it is linear', () => {
  const reported = slowPatterns('a.ts', 'f(/x*y/)\n// Linear: ten characters at most.\nf(/x*y/)\n\n\nnew RegExp(x)')
  assert.equal(reported.length, 2)
  assert.match(reported[0] ?? '', /^a\.ts:1: \/x\*y\/: a search restarts/)
  assert.equal(reported[1], 'a.ts:6: //: its source is not known')
})

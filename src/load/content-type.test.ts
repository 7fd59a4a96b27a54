import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readContentType } from './content-type.ts'

const stream = 'text/event-stream'

const cases: readonly (readonly [header: string, essence: string | undefined, isList?: boolean])[] = [
  [stream, stream],
  ['TEXT/Event-Stream', stream],
  [`${stream}; charset=utf-8`, stream],
  [`${stream} ;charset=latin1`, stream],
  [`\t${stream}\t`, stream],
  [`${stream};`, stream],
  [`${stream};charset="a,b"`, stream],
  [`${stream};a="\\",b"`, stream],
  [`${stream}, ${stream}; charset=utf-8`, stream, true],
  [`application/json, ${stream}; charset=utf-8`, stream, true],
  [`application/json,${stream}`, stream, true],
  [`${stream}, application/json`, 'application/json', true],
  [`${stream},`, stream, true],
  [`,${stream}`, stream, true],
  [`${stream}, */*`, stream, true],
  [`${stream}, nonsense`, stream, true],
  [`nonsense;a=", ${stream}`, undefined],
  ['*/*', undefined],
  ['', undefined],
  [',', undefined, true],
  ['text', undefined],
  ['text/', undefined],
  ['/event-stream', undefined],
  ['text/event stream', undefined],
  [`${stream} charset=utf-8`, undefined],
  [`"${stream}"`, undefined],
  [`${stream}s`, 'text/event-streams'],
  [`${stream}/x`, undefined],
  ['text / event-stream', undefined],
]

describe('a Content-Type', () => {
  for (const [header, essence, isList = false] of cases)
    it(`${JSON.stringify(header)} is ${essence ?? 'not valid'}`, () => {
      assert.deepEqual(readContentType(header), { essence, isList })
    })
})

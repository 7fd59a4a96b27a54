import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact } from './redact.ts'
import { dataWithoutSecrets, hideSecrets, keepSecret, withoutSecrets } from './secrets.ts'

const key = 'canary/4711"abc-defgh'
const token = 'Bearer tok-0123456789'
const pair = `Basic ${Buffer.from('user:pass-word').toString('base64')}`
for (const secret of [key, token, pair, 'abc']) keepSecret(secret)

const long = (end: string) => `${'a sentence about nothing. '.repeat(4)}${end}`

test('a secret is hidden in every form in which a server may repeat it', () => {
  const forms = [
    key,
    JSON.stringify(key),
    encodeURIComponent(key),
    Buffer.from(key).toString('base64'),
    token,
    'tok-0123456789',
    pair,
    'user:pass-word',
  ]
  for (const form of forms) {
    assert.equal(withoutSecrets(`got ${form}.`).replace(/"?\[redacted\]"?/, '*'), 'got *.', form)
    assert.doesNotMatch(redact(`got ${form}.`), /canary|tok-0|pass-word/)
  }
})

test('a part of a secret is hidden where a text was cut', () => {
  assert.equal(withoutSecrets(long('tok-01234')), long('[redacted]'))
  assert.equal(withoutSecrets(long('"tok-01234…"')), long('"[redacted]…"'))
  assert.equal(withoutSecrets('got tok-0123…'), 'got [redacted]…')
  assert.equal(withoutSecrets(long('user:pas')), long('[redacted]'))
})

test('other texts stay as they are', () => {
  for (const text of ['', 'abc', 'Bearer of news', 'a token', long('to'), long('end.'), 'tok', 'HTTP 401'])
    assert.equal(withoutSecrets(text), text)
})

test('an error is searched in its message and its stack', () => {
  const error = new Error(`got ${token} from the gateway`)
  hideSecrets(error)
  assert.equal(error.message, 'got [redacted] from the gateway')
  assert.doesNotMatch(`${error.stack}`, /tok-0/)
})

test('data is searched in every text, and bytes are searched decoded', () => {
  const raw = (text: string) => Buffer.from(text, 'latin1').toString('base64')
  const bytes = raw(`\xff\x00 ${token} \xfe`)
  const data = {
    count: 4711,
    list: ['x', { detail: `got ${token}`, rawBase64: bytes }],
    rawBase64: raw(`456789 and ${key}`),
    clean: raw('\xff nothing'),
    numbers: [[1, 2]],
    none: undefined,
  }
  assert.deepEqual(dataWithoutSecrets(data), {
    ...data,
    list: ['x', { detail: 'got [redacted]', rawBase64: raw('\xff\x00 [redacted] \xfe') }],
    rawBase64: raw('[redacted] and [redacted]'),
  })
})

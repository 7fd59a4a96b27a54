import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact } from './redact.ts'

const secret = 'canary-4711'

for (const line of [
  `authorization: Bearer ${secret}`,
  `Authorization: ${secret}`,
  `proxy-authorization=Basic ${secret}`,
  `x-api-key: ${secret}`,
  `{"api_key":"${secret}","model":"m"}`,
  `{\\"api_key\\": \\"${secret}\\"}`,
  `API_KEY=${secret}`,
  `set-cookie: ${secret}; path=/`,
  `access_token=${secret}&x=1`,
  `GET http://user:${secret}@127.0.0.1:1/`,
  `GET http://${secret}@127.0.0.1:1/`,
  `header bearer ${secret}`,
  `used sk-${secret}`,
]) {
  test(`the secret in ${JSON.stringify(line)} is redacted and the rest stays`, () => {
    const shown = redact(line)
    assert.ok(!shown.includes(secret), shown)
    assert.ok(shown.includes('[redacted]'), shown)
  })
}

test('a line without a secret stays as it is', () => {
  const line = 'listening on http://127.0.0.1:3456, 12 tokens: fine; max_tokens 4096 "key": 1'
  assert.equal(redact(line), line)
})

test('control characters and terminal sequences are removed', () => {
  assert.equal(redact('\u001b[31mred\u001b[0m\u0007 text\u009b2J\r'), 'red  text ')
})

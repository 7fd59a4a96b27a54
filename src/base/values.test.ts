import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLocalHost, isLoopback } from './values.ts'

for (const url of [
  'http://localhost:3456',
  'http://ccr.localhost',
  'http://127.0.0.1:3456/v1',
  'http://127.255.0.9',
  'http://[::1]:3456',
  // Other notations of 127.0.0.1 that URL parsing accepts.
  'http://2130706433',
  'http://0x7f.1',
]) {
  test(`${url} is a loopback address`, () => {
    assert.ok(isLoopback(url))
    assert.ok(isLocalHost(url))
  })
}

for (const url of ['http://ccr:3456', 'http://mock', 'https://stress-ccr-1:3456/v1', 'http://CCR'])
  test(`${url} is a service of a container network, not a loopback address`, () => {
    assert.ok(isLocalHost(url))
    assert.ok(!isLoopback(url))
  })

for (const url of [
  'http://api.example.com',
  'http://ccr.example',
  'http://ccr.:3456',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://192.0.2.1:3456',
  'http://10.0.0.1',
  'http://0.0.0.0:3456',
  'http://3221225985',
  'http://[2001:db8::1]:3456',
  'http://[::ffff:192.0.2.1]',
  'http://bücher.example',
])
  test(`${url} may belong to someone else`, () => {
    assert.ok(!isLocalHost(url))
  })

test('a host name with a dot is only local if it is a loopback name', () => {
  fc.assert(
    fc.property(fc.webUrl(), (url) => {
      assert.ok(new URL(url).hostname.includes('.'))
      assert.equal(isLocalHost(url), isLoopback(url))
    }),
  )
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FailureKind, Phase } from '../model/failure.ts'
import { deadlineFailure, socketFailure, statusFailure } from './failure.ts'

const phases: readonly Phase[] = ['connect', 'send', 'headers', 'first-event', 'stream', 'end']

describe('a socket error', () => {
  for (const code of ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'EADDRINUSE', 'ENOBUFS', 'ENOMEM']) {
    it(`is local_resource for ${code}, in any phase`, () => {
      for (const phase of phases) assert.equal(socketFailure(code, phase), 'local_resource')
    })
  }

  const connecting: Readonly<Record<string, FailureKind>> = {
    ECONNREFUSED: 'connect_refused',
    ETIMEDOUT: 'connect_timeout',
    ENOTFOUND: 'dns_error',
    EAI_AGAIN: 'dns_error',
    ECONNRESET: 'connect_failed',
    EHOSTUNREACH: 'connect_failed',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'connect_failed',
  }
  for (const [code, kind] of Object.entries(connecting)) {
    it(`is ${kind} for ${code} while connecting`, () => assert.equal(socketFailure(code, 'connect'), kind))
  }

  it('is a reset after connecting, before the headers or midstream', () => {
    const kinds = phases.slice(1).map((phase) => socketFailure('ECONNRESET', phase))
    const [before, after] = ['reset_before_headers', 'reset_midstream']
    assert.deepEqual(kinds, [before, before, after, after, after])
  })

  it('may have no code', () => assert.equal(socketFailure(undefined, 'connect'), 'connect_failed'))
})

describe('an exceeded time limit', () => {
  it('has a failure kind that depends on the phase, the limit, and whether a delta has arrived', () => {
    const names = (tokens: boolean, isIdle = false) => phases.map((phase) => deadlineFailure(phase, tokens, isIdle))
    const [connect, headers, end] = ['connect_timeout', 'headers_timeout', 'not_closed_after_terminal']
    assert.deepEqual(names(false), [connect, headers, headers, 'first_token_timeout', 'first_token_timeout', end])
    assert.deepEqual(names(true), [connect, headers, headers, 'stream_timeout', 'stream_timeout', end])
    const idle = 'token_idle_timeout'
    assert.deepEqual(names(true, true), [connect, headers, headers, idle, idle, end])
  })
})

describe('a status', () => {
  const kinds: Readonly<Record<number, FailureKind>> = {
    201: 'http_unexpected_status',
    204: 'empty_stream',
    205: 'empty_stream',
    301: 'http_redirect',
    307: 'http_redirect',
    400: 'http_4xx',
    404: 'http_4xx',
    413: 'http_4xx',
    429: 'http_429',
    500: 'http_5xx',
    529: 'http_5xx',
    // RFC 9110, section 15: a status out of range is treated as 5xx.
    999: 'http_5xx',
  }
  for (const [status, kind] of Object.entries(kinds)) {
    it(`${status} is ${kind}`, () => assert.equal(statusFailure(Number(status)), kind))
  }
})

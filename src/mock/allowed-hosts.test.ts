import assert from 'node:assert/strict'
import { request } from 'node:http'
import { hostname } from 'node:os'
import { describe, it } from 'node:test'
import { streamBody, testMock, wholeBody } from '../../test/fixtures/mock-asks.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { planPrompt } from '../plan/key.ts'
import { containerNames, createHostCheck } from './allowed-hosts.ts'
import { endpoints } from './endpoints.ts'
import { startMock } from './mock.ts'

interface Sent {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Sends a request with these headers only, and `Host` and framing. */
function send(url: string, { path = '/health', method = 'GET', headers = {}, body }: Sent) {
  return new Promise<{ readonly status: number | undefined; readonly text: string }>((resolve, reject) => {
    const sent = request(url + path, { method, agent: false, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('close', () => resolve({ status: response.statusCode, text }))
    })
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const ownHosts = ['localhost', 'LOCALHOST:9999', 'a.localhost:1', '127.0.0.1', '127.1.2.3:80', '[::1]:9999', hostname()]
const foreignHosts = [
  ...['attacker.example', 'attacker.example:9999', '127.0.0.1.attacker.example', 'localhost.attacker.example'],
  ...[
    'mock.attacker.example',
    '192.0.2.1',
    '192.0.2.1:9999',
    '[2001:db8::1]:80',
    'notlocalhost',
    'mock@attacker.example',
  ],
  ...['attacker.example/127.0.0.1', 'attacker.example#localhost', 'a b', '[::1', ''],
]

describe('a host check', () => {
  const isAllowed = createHostCheck(['mock.internal', 'fd00::1', '10.1.2.3'])
  for (const host of [
    ...ownHosts,
    ...containerNames,
    'mock.internal:9999',
    '[fd00::1]:9999',
    '[FD00:0::1]',
    '10.1.2.3',
  ])
    it(`allows ${host}`, () => assert.equal(isAllowed(host), true))
  for (const host of foreignHosts)
    it(`does not allow ${JSON.stringify(host)}`, () => assert.equal(isAllowed(host), false))
})

describe('a request to the mock from a web page', () => {
  const paths = [
    ['/health', 'GET'],
    ['/__mock/stats', 'GET'],
    ['/__mock/stats', 'DELETE'],
    ['/__mock/streams', 'GET'],
    ['/nowhere', 'PUT'],
    ...[...endpoints.keys()].map((path) => [path, 'POST'] as const),
  ] as const
  const headers = { 'content-type': 'application/json' }

  it('gets 421 if its Host is not a name of the mock, and changes no counts', async (t) => {
    const mock = await testMock(t)
    await send(mock.url, { path: '/v1/messages', method: 'POST', headers, body: streamBody('anthropic-messages', 'x') })
    for (const [path, method] of paths) {
      const { status, text } = await send(mock.url, { path, method, headers: { ...headers, host: 'attacker.example' } })
      assert.equal(status, 421, path)
      assert.match(JSON.parse(text).error.message, /--allow-host attacker\.example/)
    }
    assert.equal(mock.stats().requests, 1)
  })

  it('gets 403 if its Origin is another server', async (t) => {
    const mock = await testMock(t)
    for (const origin of ['http://attacker.example', 'https://attacker.example:9999', 'null', 'file://', 'http://']) {
      for (const [path, method] of paths) {
        const { status } = await send(mock.url, { path, method, headers: { ...headers, origin } })
        assert.equal(status, 403, `${path} ${origin}`)
      }
    }
    assert.equal(mock.stats().requests, 0)
  })

  it('is answered if both name the mock, or if both are absent', async (t) => {
    const mock = await testMock(t)
    const allowed: readonly Record<string, string>[] = [
      {},
      { host: 'mock:9999' },
      { origin: 'http://localhost:3000' },
      { origin: mock.url },
    ]
    for (const more of allowed) {
      const { status } = await send(mock.url, { headers: more })
      assert.equal(status, 200, JSON.stringify(more))
    }
  })

  it('is answered under a name that the mock was started with', async (t) => {
    const mock = await startMock({
      ...{ host: '127.0.0.1', port: 0, chunks: 3, delayMs: 0, log: silentLog },
      allowedHosts: ['mock.example'],
    })
    t.after(() => mock[Symbol.asyncDispose]())
    assert.equal((await send(mock.url, { headers: { host: 'mock.example:9999' } })).status, 200)
    assert.equal((await send(mock.url, { headers: { host: 'example' } })).status, 421)
  })
})

describe('the body of a request to the mock', () => {
  const types: readonly (readonly [type: string | undefined, isAccepted: boolean])[] = [
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['Application/JSON;charset=UTF-8', true],
    ['application/vnd.provider.v1+json', true],
    [undefined, false],
    ['', false],
    ['text/plain', false],
    ['text/plain; application/json', false],
    ['application/x-www-form-urlencoded', false],
    ['multipart/form-data; boundary=x', false],
    ['application/jsonp', false],
    ['text/json', false],
  ]
  for (const [path, protocol] of endpoints)
    it(`must have a JSON content type at ${path}`, async (t) => {
      const mock = await testMock(t)
      for (const [type, isAccepted] of types) {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
        const sent = { path, method: 'POST', headers, body: streamBody(protocol, 'x') }
        const { status, text } = await send(mock.url, sent)
        assert.equal(status, isAccepted ? 200 : 415, type)
        if (!isAccepted)
          assert.match(JSON.parse(text).error.message, /content-type .* is not supported; send application\/json/)
      }
    })

  it('may request a complete answer of limited length, and a stream of any length', async (t) => {
    const mock = await testMock(t)
    const headers = { 'content-type': 'application/json' }
    for (const [path, protocol] of endpoints) {
      const prompt = (chunks: number) => planPrompt({ seed: 1, stream: 1, chunks, delayMs: 0 })
      const post = async (body: object) => send(mock.url, { path, method: 'POST', headers, body })
      assert.equal((await post(wholeBody(protocol, prompt(10_000)))).status, 200)
      const { status, text } = await post(wholeBody(protocol, prompt(10_001)))
      assert.equal(status, 400)
      assert.match(JSON.parse(text).error.message, /at most 10000 deltas, not 10001/)
    }
    const streamed = await send(mock.url, {
      ...{ path: '/v1/messages', method: 'POST', headers },
      body: streamBody('anthropic-messages', planPrompt({ seed: 1, stream: 1, chunks: 10_001, delayMs: 0 })),
    })
    assert.equal(streamed.status, 200)
  })
})

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { answerHead } from '../mock/dialect.ts'
import { dialects } from '../mock/dialects.ts'
import { streamFragments } from '../mock/fragments.ts'
import { contentKinds } from '../model/content.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { secretPatterns, withoutPatterns } from './secret-patterns.ts'
import { dataWithoutSecrets } from './secrets.ts'

const canary = 'C4nary-4711-abcdefgh'
const pem = (kind: string, body = 'MIIEpAIBAAKCAQEA\nC4nary4711/abc+def==\n') =>
  `-----BEGIN ${kind}-----\n${body}-----END ${kind}-----`
const basic = Buffer.from('user:C4nary-4711').toString('base64')
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDNG5hcnkifQ.${'C4nary4711'.repeat(3)}`

/** Texts with a secret by the name of the pattern that must recognize it, each with what must not be left of it. */
const samples: Readonly<Record<string, readonly (readonly [text: string, secret: string])[]>> = {
  'credentials in a URL': [
    [`GET http://user:${canary}@127.0.0.1:1/`, canary],
    [`upstream https://${canary}@host/v1 failed`, canary],
    [`redis://:${canary}@cache:6379/0`, canary],
    [`http://us:pa@ss${canary}@host:99999/x`, canary],
  ],
  'a key in the query of a URL': [
    [`https://host/v1?key=${canary}`, canary],
    [`/v1/models?a=b&api_key=${canary}&c=d`, canary],
    [`https://host/x?X-Amz-Signature=${canary}&X-Amz-Date=1`, canary],
    [`"url":"http://h/?access_token=${canary}"`, canary],
  ],
  'a cookie': [
    [`Set-Cookie: session=${canary}; Path=/`, canary],
    [`cookie: a=1; b=2; theme=${canary}`, canary],
    [`{"set-cookie":"sid=${canary}; HttpOnly"}`, canary],
    [String.raw`{\"cookie\":\"sid=${canary}\"}`, canary],
  ],
  'an authorization header': [
    [`authorization: Bearer ${canary}`, canary],
    [`Authorization: ${canary}`, canary],
    [`proxy-authorization=Basic ${canary}`, canary],
    [`{"Authorization":"Bearer ${canary}"}`, canary],
  ],
  'a quoted value with a secret name': [
    [`{"api_key":"${canary}","model":"m"}`, canary],
    [String.raw`{\"api_key\": \"${canary}\"}`, canary],
    [`{"password":"two words ${canary}"}`, canary],
    [`{'client_secret': '${canary}'}`, canary],
    [`"SecretAccessKey":"${canary}"`, canary],
  ],
  'a value with a secret name': [
    [`x-api-key: ${canary}`, canary],
    [`API_KEY=${canary}`, canary],
    [`aws_secret_access_key = ${canary}`, canary],
    [`MY_PASSWORD=${canary} ./run`, canary],
    [`access_token=${canary}&x=1`, canary],
    [`X-Goog-Api-Key: ${canary}`, canary],
  ],
  'a long value named token': [
    [`token=${canary}`, canary],
    [`{"token":"${canary}"}`, canary],
  ],
  'a password in a sentence': [
    [`the password is ${canary}`, canary],
    ['password was "swordfish"', 'swordfish'],
    [`wrong passphrase: ${canary}`, canary],
    [`API key is: ${canary}`, canary],
  ],
  'a key or token in a sentence': [
    [`your key is ${canary}`, canary],
    [`the token was '${canary}'`, canary],
  ],
  'a bearer token': [
    [`header bearer ${canary}`, canary],
    ['Bearer abcdefghij', 'abcdefghij'],
  ],
  'basic credentials': [[`sent Basic ${basic}`, basic]],
  'a key with a known prefix': [
    ...['sk-', 'sk-ant-api03-', 'sk-proj-', 'pk_live_', 'sk_test_', 'rk_live_', 'glpat-', 'xoxb-1-'].map(
      (prefix): [string, string] => [`Incorrect API value provided: ${prefix}${canary}.`, canary],
    ),
    ...['ghp_', 'github_pat_', 'hf_', 'npm_', 'gsk_', 'AIza'].map((prefix): [string, string] => {
      const key = `C4nary${'4711abcd'.repeat(4)}`
      return [`got ${prefix}${key}, refused`, key]
    }),
    ['id AKIAIOSFODNN7EXAMPLE is not allowed', 'IOSFODNN7EXAMPLE'],
    ['id ASIAIOSFODNN7EXAMPLE is not allowed', 'IOSFODNN7EXAMPLE'],
  ],
  'a JSON web token': [[`with ${jwt} in it`, 'C4nary4711']],
  'a private key in PEM, or its beginning': [
    ...['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'].map(
      (kind): [string, string] => [`key: ${pem(kind)} end`, 'C4nary4711'],
    ),
    [pem('PGP PRIVATE KEY BLOCK'), 'C4nary4711'],
    [JSON.stringify({ text: pem('RSA PRIVATE KEY') }), 'C4nary4711'],
    [`cut ${pem('RSA PRIVATE KEY').slice(0, 60)}`, 'C4nary'],
  ],
  'the end of a private key in PEM': [[pem('RSA PRIVATE KEY').slice(40), 'nary4711']],
}

/** Texts that only look as if they had a secret. */
const harmless = [
  'listening on http://127.0.0.1:3456, 12 tokens: fine; max_tokens 4096 "key": 1',
  '{"usage":{"prompt_tokens":12,"completion_tokens":34,"total_tokens":46},"token_count":12345678}',
  '"logprobs":{"content":[{"token":"Hello","logprob":-0.1,"bytes":[72]}]}',
  'the password is invalid, the API key is missing, the token is expired and the key is wrong',
  'password is required; api_key: must not be empty; secret: null',
  'HTTP 401: Bearer authentication required. Basic authentication is not supported; basic settings',
  'needs the environment variable GATEWAY_KEY: it is not set (--api-key-env)',
  'chatcmpl-0123456789abcdef msg_01ABCDEFGHIJKLMNOP toolu_01ABCDEFGHIJKLMNOP call_1_2_0 resp_0123456789',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  '6410f182ecb59f17215386917bc88247ab169120 in task-runner-for-desk-things disk_usage_percent',
  '{"type":"signature_delta","signature":"EqoBCkgIARABGAIiQL8w0123456789abcdefABCDEF=="}',
  'http://127.0.0.1:3456/v1/messages?beta=true&limit=10 a@b.example user@host:/path',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  `npx ccr-sse-stress run --header 'X-Api-Key: [redacted]' --api-key-env KEY --fault truncate@50%:0.05`,
]

describe('the list of secrets', () => {
  it('has samples for each of its patterns', () => {
    assert.deepEqual(
      Object.keys(samples),
      secretPatterns.map(({ name }) => name),
    )
  })

  for (const { name, pattern } of secretPatterns)
    it(`recognizes ${name}, in the middle of other text too`, () => {
      for (const [text, secret] of samples[name] ?? []) {
        assert.match(text, new RegExp(pattern.source, pattern.flags.replace('g', '')), text)
        for (const around of [text, `before: ${text}`, `${text} after`]) {
          if (name.startsWith('the end') && around.startsWith('before')) continue
          const shown = withoutPatterns(around)
          assert.ok(!shown.includes(secret) && shown.includes('[redacted]'), shown)
          assert.equal(withoutPatterns(shown), shown)
        }
      }
    })

  it('leaves other texts as they are', () => {
    for (const text of harmless) assert.equal(withoutPatterns(text), text)
  })

  it('leaves every planned text, event, id and hash as it is', () => {
    for (const protocol of protocolNames)
      for (const content of contentKinds)
        for (let stream = 0; stream < 8; stream++) {
          const head = answerHead({
            key: { seed: 7, stream, content },
            model: 'mock-model',
            chunks: 60,
            includeUsage: true,
          })
          const script = dialects[protocol].script(head)
          const fragments = streamFragments(head.key, head.blocks, () => 1e12)
          const deltas = Array.from({ length: 60 }, (_, delta) => script.delta(fragments.next().value as string, delta))
          const text = [...script.opening, ...deltas, ...script.closing()].join('')
          assert.equal(withoutPatterns(text), text)
          assert.equal(withoutPatterns(text.slice(100, 612)), text.slice(100, 612))
        }
  })

  it('leaves recorded runs as they are', () => {
    const files = globSync('test/fixtures/golden/*/{run,expected}.json')
    assert.ok(files.length > 5)
    for (const file of files) {
      const data: unknown = JSON.parse(readFileSync(file, 'utf8'))
      assert.equal(dataWithoutSecrets(data), data, file)
    }
  })

  it('takes linear time for any text', () => {
    const parts = [
      ...[
        'a',
        'a.',
        'key',
        'token=',
        'token"',
        '://',
        '?key',
        '&a',
        'bearer ',
        'Basic a',
        'password is ',
        'sk-',
        'eyJ',
      ],
      ...[
        '-----BEGIN ',
        '-----BEGIN PRIVATE KEY-----',
        '-----END ',
        'A ',
        'cookie',
        'set-cookie:',
        '"',
        "'",
        '\\',
        ' ',
        '=',
      ],
      ...[
        'authorization',
        'authorization:',
        'secret',
        'secret-access-',
        'api-',
        '@',
        'AKIA',
        '[redacted',
        '1',
        'xoxb-',
      ],
    ]
    for (const part of parts)
      for (const other of ['', ' ', 'a', '"'])
        withoutPatterns(`${(part + other).repeat(Math.ceil(40_000 / (part.length + 1)))}x`)
  })
})

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
    [`mongodb+srv://u:p%40${canary}@cluster`, canary],
    [String.raw`"https:\/\/bob:${canary}@host"`, canary],
  ],
  'credentials in an encoded URL': [[`next=https%3A%2F%2Fbob%3A${canary}%40host`, canary]],
  'credentials in a URL that was cut': [
    [`connect to postgres://svc:p%40${canary}…`, canary],
    [`connect to postgres://svc:${canary}…`, canary],
    [`redis://:${canary}…`, canary],
  ],
  'credentials before a host': [
    [`cannot reach bob:${canary}@host`, canary],
    [`proxy bob:${canary}@[::1]:3128`, canary],
  ],
  'a key in the path of a URL': [
    [`https://hooks.slack.com/services/T0/B0/${canary}`, canary],
    [`https://discord.com/api/webhooks/1/${canary}`, canary],
    [`https://api.telegram.org/bot123:${canary}/getMe`, canary],
  ],
  'a key in the query of a URL': [
    [`https://host/v1?key=${canary}`, canary],
    [`/v1/models?a=b&api_key=${canary}&c=d`, canary],
    [`https://host/x?X-Amz-Signature=${canary}&X-Amz-Date=1`, canary],
    [`"url":"http://h/?access_token=${canary}"`, canary],
  ],
  'a list with a secret name': [
    [`{"x-api-key":["${canary}","second-${canary}"]}`, canary],
    [`"cookie":["a=1","sid=${canary}"]`, canary],
    [`"cookies":{"sid":"${canary}"}`, canary],
    [`headers { authorization: [ 'Bearer ${canary}' ] }`, canary],
  ],
  'a value after its name in a list': [
    [`["host","h","x-api-key","${canary}"]`, canary],
    [`['Authorization', 'Bearer ${canary}']`, canary],
    [`["set-cookie","sid=${canary}"]`, canary],
  ],
  'a cookie': [
    [`set-cookie: sid="${canary}"; Path=/`, canary],
    [`cookies: sid=${canary}`, canary],
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
    [`Authorization: Digest username="bob", realm="r", response="${canary}"`, canary],
    [`authorization: ApiKey ${canary}`, canary],
    [`Proxy-Authorization: Negotiate ${canary}`, canary],
    [`Authorization: Token token="${canary}"`, canary],
    [`Authorization: AWS4-HMAC-SHA256 Credential=AKIA/1/r, SignedHeaders=host, Signature=${canary}`, canary],
    [`header authorization Bearer ${canary}`, canary],
  ],
  'a quoted value with a secret name': [
    [`{"api_key":"${canary}","model":"m"}`, canary],
    [`{"password":"it's ${canary}"}`, canary],
    [String.raw`{"password":"with \" in it ${canary}"}`, canary],
    [`"api_key" => "${canary}"`, canary],
    [`{"password":"two words ${canary}"}`, canary],
    [`{'client_secret': '${canary}'}`, canary],
    [`"SecretAccessKey":"${canary}"`, canary],
  ],
  'an escaped value with a secret name': [
    [String.raw`{\"api_key\": \"${canary}\"}`, canary],
    [String.raw`{\"password\": \"it's ${canary}\"}`, canary],
  ],
  'an element with a secret name': [
    [`<SecretAccessKey>${canary}</SecretAccessKey>`, canary],
    [`<db:password>two ${canary}</db:password>`, canary],
  ],
  'a value with a secret name': [
    [`AccountName=a;AccountKey=${canary}==;EndpointSuffix=e`, canary],
    [`SharedAccessSignature=${canary}`, canary],
    [`aws_secret: ${canary}`, canary],
    [`passcode: ${canary}`, canary],
    [`//registry/:_authToken=${canary}`, canary],
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
  'a long value with a vague name': [
    ...[
      'HF_TOKEN',
      'OPENAI_KEY',
      '_auth',

      'pwd',
      'key',
      'credentials',
      'PHPSESSID',
      'JSESSIONID',
      'sessionid',
    ].map((name): [string, string] => [`${name}=${canary}`, canary]),
    [`"credential":"${canary}"`, canary],
    [`connect.sid=s%3A${canary}`, canary],
    [`x-amz-signature: ${canary}`, canary],
  ],
  'a password in a sentence': [
    [`The password for bob is ${canary}`, canary],
    [`password was set to ${canary}`, canary],
    [`the password is ${canary}`, canary],
    ['password was "swordfish"', 'swordfish'],
    [`wrong passphrase: ${canary}`, canary],
    [`API key is: ${canary}`, canary],
  ],
  'a key or token in a sentence': [
    [`your key is ${canary}`, canary],
    [`the token was '${canary}'`, canary],
  ],
  'a key or password after its name': [
    [`--api-key ${canary} --verbose`, canary],
    [`machine h login bob password ${canary}`, canary],
    [`invalid x-api-key '${canary}'`, canary],
    [`Incorrect API key provided ${canary}.`, canary],
  ],
  'a key after words': [
    [`Incorrect key provided: ${canary}.`, canary],
    [`token "${canary}" has expired`, canary],
    [`the key you sent (${canary}) is wrong`, canary],
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
    ...[
      'xapp-1-A0-',
      'xoxe.xoxp-1-',
      'ya29.a0',
      'GOCSPX-',
      '1//0g',
      'dop_v1_',
      'SG.abcdefgh.',
      'pypi-',
      'gldt-',
      'dckr_pat_',
    ].map((prefix): [string, string] => [`got ${prefix}C4nary4711abcdefgh, refused`, 'C4nary4711']),
    ...[
      'hvs.',
      'pplx-',
      'r8_',
      'nvapi-',
      'lin_api_',
      'shpat_',
      'sbp_',
      'tvly-',
      'sntrys_',
      'figd_',
      'ATATT',
      'PMAK-',
      'sess-',
      'xai-',
    ].map((prefix): [string, string] => [`got ${prefix}C4nary4711abcdefgh, refused`, 'C4nary4711']),
    ['AGE-SECRET-KEY-1C4NARY4711ABCDEFGH', 'C4NARY'],
    ['id AKIAIOSFODNN7EXAMPLE is not allowed', 'IOSFODNN7EXAMPLE'],
    ['id ASIAIOSFODNN7EXAMPLE is not allowed', 'IOSFODNN7EXAMPLE'],
  ],
  'a JSON web token': [
    [`with ${jwt} in it`, 'C4nary4711'],
    [`encrypted eyJhbGciOiJkaXIifQ..${canary}.${canary}.tag`, canary],
  ],
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
  'ccr-rust:1.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 node:test npm:vite8x@8.1.0',
  'Invalid token count for model claude-3-5-sonnet-20241022 (max_tokens: 8192), key limit of gpt-4o-mini-2024-07-18 reached',
  '{"object":"chat.completion.chunk","system_fingerprint":"fp_44709d6fcb","service_tier":"default","authorized":true}',
  'session 4711, side: left, pass 3 of 12, inside=4096, keyboard: qwerty12, hf_transfer, gl-branch, sbs_layout, EAAS',
  'the port is cut: http://127.0.0.1:34… http://[::1]:3456 http://gateway:8080/v1…',
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

  it('does not change other texts', () => {
    for (const text of harmless) assert.equal(withoutPatterns(text), text)
  })

  it('does not change any planned text, event, id or hash', () => {
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

  it('does not change recorded runs', () => {
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
      ...[
        'a:1@',
        'authorization: a,a=',
        '{"api_key":["',
        '"api_key","',
        '<secret>',
        '<a',
        'password a1',
        'key a ',
        '=\\"',
        ',a="',
        '_key=a1',
      ],
    ]
    for (const part of parts)
      for (const other of ['', ' ', 'a', '"'])
        withoutPatterns(`${(part + other).repeat(Math.ceil(40_000 / (part.length + 1)))}x`)
  })
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { UsageError } from '../src/base/errors.ts'
import { runCommandLine } from '../src/cli/command-line.ts'
import { startMock } from '../src/mock/mock.ts'
import { startReferenceGateway } from '../src/reference/reference-gateway.ts'
import { type CliEnd, runCli } from './fixtures/cli.ts'
import { type KeyedGateway, startKeyedGateway, upstreamSecret } from './fixtures/keyed-gateway.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const secret = 'sk-canary-0123456789-abcdefghij'
const wrong = 'sk-wrong-9876543210-zyxwvutsrq'
const local = { host: '127.0.0.1', port: 0, log: silentLog } as const

const mock = await startMock({ ...local, chunks: 4, delayMs: 0 })
/** The mock as the runner reaches it: shows what the runner sends there. */
const recordedMock = await startKeyedGateway(mock.url, 'x-api-key', undefined)
const reference = await startReferenceGateway({ ...local, upstream: `${mock.url}/v1` })
const keyed = await startKeyedGateway(reference.url, 'x-api-key', secret)
const bearer = await startKeyedGateway(reference.url, 'authorization', `Bearer ${secret}`)
after(async () => {
  for (const server of [bearer, keyed, reference, recordedMock, mock]) await server[Symbol.asyncDispose]()
})

/** Every text of a command: what it printed, and every file in its folder, with encoded bytes also decoded. */
function textsOf({ stdout, stderr }: CliEnd, folder: string): readonly (readonly [name: string, text: string])[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const texts = files.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'utf8')] as const)
  return [['stdout', stdout] as const, ['stderr', stderr] as const, ...texts].map(([name, text]) => [
    name,
    text + decodedIn(text),
  ])
}

function decodedIn(text: string): string {
  const encoded = [...text.matchAll(/"raw(?:_b|B)ase64": ?"([A-Za-z0-9+/=]+)"/g)]
  return encoded.map(([, base64 = '']) => Buffer.from(base64, 'base64').toString()).join('\n')
}

/** Asserts that no text has a secret or a longer part of it. */
function assertHidden(texts: readonly (readonly [string, string])[], value: string): void {
  for (const [name, text] of texts)
    for (let at = 0; at + 10 <= value.length; at++) {
      const part = value.slice(at, at + 10)
      const index = text.indexOf(part)
      assert.equal(index, -1, `${name}: ${text.slice(Math.max(0, index - 100), index + 100)}`)
    }
}

const load = ['--streams', '4', '--no-warm-up', '--chunks', '4', '--delay-ms', '1', '--no-baseline'] as const

function standing(gateway: KeyedGateway): readonly string[] {
  return ['--topology', 'standing', '--ccr-url', gateway.url, '--mock-url', recordedMock.url]
}

describe('a gateway that requires a key', () => {
  it('is tested by `run` with the key in every request to the gateway, and the key is in no output', async (t) => {
    const folder = temporaryFolder(t)
    const json = join(folder, 'report.json')
    const flags = ['--streams', '8', '--chunks', '4', '--delay-ms', '1', '--api-key-env', 'GATEWAY_KEY']
    const end = await runCli(['run', ...standing(keyed), ...flags, '--out', folder, '--json-out', json], {
      GATEWAY_KEY: secret,
    })
    assert.match(end.stdout, /PASS|WARN|INVALID/)
    const report = JSON.parse(readFileSync(json, 'utf8'))
    assert.equal(report.report.successful, 8, end.stdout + end.stderr)
    assert.deepEqual(report.scenario.headerNames, ['x-api-key'])
    assert.equal(report.scenario.requestProfile, 'sdk')
    // Telemetry and the probe after the load were accepted too.
    assert.ok(report.telemetry.usageAfter, JSON.stringify(report.telemetry))
    assert.equal(report.drain.probe.whole, true)
    assert.deepEqual(
      keyed.requests.filter(({ isAccepted }) => !isAccepted),
      [],
    )
    const paths = new Set(keyed.requests.map(({ path }) => path))
    for (const path of ['/health', '/v1/usage', '/metrics', '/v1/messages']) assert.ok(paths.has(path), path)
    // The baseline sends as many bytes, but not the key, and the mock's own endpoints get no key at all.
    const values = recordedMock.requests.map(({ path, headers }) => [path, headers['x-api-key']] as const)
    assert.ok(values.some(([path]) => path === '/v1/messages'))
    for (const [path, value] of values)
      assert.equal(value, path === '/v1/messages' ? 'x'.repeat(secret.length) : undefined, path)
    assertHidden(textsOf(end, folder), secret)
    assert.match(end.stdout + readFileSync(json, 'utf8'), /GATEWAY_KEY/)
  })

  it('gets the bearer token of the SDKs of OpenAI, from `stress` and `conform`', async (t) => {
    const folder = temporaryFolder(t)
    const chat = ['--protocol', 'openai-chat-completions'] as const
    const outputs = ['--json-out', join(folder, 'report.json')]
    const [stress, conform] = await Promise.all([
      runCli(
        [
          'stress',
          '--ccr-url',
          bearer.url,
          ...chat,
          '--streams',
          '4',
          '--workers',
          '2',
          '--api-key-env',
          'K',
          '--out',
          folder,
          ...outputs,
        ],
        { K: secret },
      ),
      runCli(
        [
          ...['conform', ...standing(bearer), ...chat, '--only', 'clean', '--only', 'http-401'],
          ...['--header', 'Authorization: Bearer @K', '--json-out', join(folder, 'conform.json')],
          ...['--junit-out', join(folder, 'conform.xml')],
        ],
        { K: secret },
      ),
    ])
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
    assert.equal(report.report.successful, 4, stress.stdout + stress.stderr)
    assert.notEqual(conform.status, 64, conform.stderr)
    assert.match(conform.stdout, /clean plain +whole/)
    assert.deepEqual(
      bearer.requests.filter(({ isAccepted }) => !isAccepted),
      [],
    )
    assertHidden([...textsOf(stress, folder), ...textsOf(conform, folder)], secret)
  })

  it('refuses a wrong key, and the key that it repeats is in no output', async (t) => {
    const folder = temporaryFolder(t)
    const outputs = (name: string) => ['--out', join(folder, name), '--json-out', join(folder, `${name}.json`)]
    const refused = await startKeyedGateway(reference.url, 'x-api-key', secret, ['/health'])
    t.after(() => refused[Symbol.asyncDispose]())
    const header = ['--header', `X-Api-Key: ${wrong}`]
    const stressed = runCli(['stress', '--ccr-url', refused.url, '--streams', '4', ...header, ...outputs('stress')])
    // One after the other: they use the same mock.
    const run = await runCli(['run', ...standing(refused), ...load, ...header, ...outputs('run')])
    const conform = await runCli([
      ...['conform', ...standing(refused), '--only', 'clean', `--header=X-Api-Key: ${wrong}`],
      ...['--json-out', join(folder, 'conform.json'), '--junit-out', join(folder, 'conform.xml')],
    ])
    const stress = await stressed
    assert.equal(stress.status, 2, stress.stdout + stress.stderr)
    assert.match(stress.stdout, /the key \[redacted\] is not valid/)
    assert.match(stress.stdout, /--header 'X-Api-Key: \[redacted\]'/)
    const report = JSON.parse(readFileSync(join(folder, 'stress.json'), 'utf8'))
    assert.equal(report.report.failed, 4)
    assert.ok(report.streams.every((stream: { raw_base64: string | null }) => stream.raw_base64 !== null))
    for (const end of [stress, run, conform])
      for (const hidden of [wrong, upstreamSecret]) assertHidden(textsOf(end, folder), hidden)
  })
})

describe('a header that cannot be sent', () => {
  const cases: readonly (readonly [title: string, words: readonly string[], message: RegExp])[] = [
    ['without a colon', ['--header', secret], /--header: must be "Name: value"/],
    ['with a line break in its value', ['--header', `X-A: ${secret}\r\nX-B: 1`], /printable ASCII/],
    ['with a character outside of ASCII', ['--header', `X-A: ${secret}é`], /printable ASCII/],
    ['with a space in its name', ['--header', `${secret} : 1`], /a valid header name/],
    ...['Host', 'content-length', 'Transfer-Encoding', 'Connection', 'TE', 'Accept-Encoding'].map(
      (name) => [`that is ${name}`, ['--header', `${name}: ${secret}`], /that the harness sets itself/] as const,
    ),
    [
      'of a variable that is not set',
      ['--header', 'X-A: @UNSET_VARIABLE'],
      /needs the environment variable UNSET_VARIABLE/,
    ],
    ['of what every object has', ['--header', 'X-A: @constructor'], /needs the environment variable constructor/],
    ['of a variable that is empty', ['--header', 'X-A: @EMPTY_VARIABLE'], /it is empty/],
    [
      'of a variable with a line break',
      ['--header', 'X-A: @BROKEN_VARIABLE'],
      /needs a value of printable ASCII in BROKEN_/,
    ],
    ['of something that is not a variable', ['--header', `X-A: @${secret}`], /name of an environment variable/],
    ['that stands for one in a report', ['--header', 'X-A: [redacted]'], /X-A: \[redacted\].*replace \[redacted\]/],
    ['that is set twice', ['--header', `X-A: ${secret}`, '--header', 'x-a: 1'], /sets the same header twice/],
    [
      'that the key also sets',
      ['--header', `X-Api-Key: ${secret}`, '--api-key-env', 'KEY'],
      /sets a header that --header also sets/,
    ],
    ['whose key is passed in place of its variable', ['--api-key-env', secret], /not the key itself/],
    ['as a member', [`--header.X-A=${secret}`], /unknown argument: --header\.X-A/],
    ['without quotes', ['--header', 'X-Api-Key:', 'Bearer', secret], /Put a header in quotes/],
  ]
  it('is refused in one line that does not show its value', async (t) => {
    const variables = { KEY: 'abcdefgh', EMPTY_VARIABLE: '', BROKEN_VARIABLE: `${secret}\n` }
    Object.assign(process.env, variables)
    t.after(() => {
      for (const name of Object.keys(variables)) delete process.env[name]
    })
    for (const command of ['run', 'stress', 'conform'])
      for (const [title, words, message] of cases)
        await assert.rejects(runCommandLine([command, ...words]), (error: Error) => {
          assert.ok(error instanceof UsageError, `${title}: ${error.stack}`)
          assert.match(error.message, message, title)
          assert.doesNotMatch(error.message, /\n/, title)
          assertHidden([[title, error.message]], secret)
          return true
        })
  })

  it('ends the command with status 64', async () => {
    const { status, stdout, stderr } = await runCli(['stress', '--header', `Host: ${secret}`])
    assert.deepEqual([status, stdout], [64, ''])
    assertHidden([['stderr', stderr]], secret)
  })
})

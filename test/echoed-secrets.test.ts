import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { UsageError } from '../src/base/errors.ts'
import { listenOn } from '../src/base/listen.ts'
import { runCommandLine } from '../src/cli/command-line.ts'
import { experimentOf } from '../src/options/scenario.ts'
import { createLastLines } from '../src/process/last-lines.ts'
import { runCli } from './fixtures/cli.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const canary = 'C4nary-4711-abcdefgh'
const key = `C4nary4711${'abcDEF0123'.repeat(3)}`
const pem = `-----BEGIN RSA PRIVATE KEY-----\n${canary}\n-----END RSA PRIVATE KEY-----`

/** What providers and frameworks echo in errors and debug output. */
const echoes = [
  `Incorrect API key provided: sk-proj-${canary}. You can find your API key at the dashboard.`,
  `upstream said 401 to authorization: Bearer ${canary}`,
  `request headers: {"cookie":"theme=dark; session=${canary}"}`,
  'The AWS Access Key Id AKIAIOSFODNN7CANARY does not exist in our records',
  `could not load ${pem}`,
  `login failed: the password is ${canary}`,
  `GET https://user:${canary}@upstream/v1?key=${canary} failed`,
  `token ghp_${key} cannot read the repository`,
  `github_pat_11ABC_${key} has expired`,
  `slack answered invalid_auth for xoxb-123-${canary}`,
  `slack answered invalid_auth for xapp-1-A0-${canary}`,
  `cannot post to https://hooks.slack.com/services/T0/B0/${canary}`,
  `session eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${canary} has expired`,
  `encrypted session eyJhbGciOiJkaXIifQ..${canary}.${canary}.tag has expired`,
  `Google answered API_KEY_INVALID for AIzaSy${key}`,
  `Google answered invalid_grant for ya29.a0${canary}`,
  `upstream said 401 to x-api-key: ${canary}`,
  `upstream said 401 to x-api-key ${canary}`,
  `raw headers ["host","h","x-api-key","${canary}"]`,
  `headers {"x-api-key":["${canary}"],"cookie":["a=1","sid=${canary}"]}`,
  `upstream said 401 to authorization: ApiKey ${canary}`,
  `upstream said 401 to Authorization: Digest username="bob", realm="r", response="${canary}"`,
  `upstream said 403 to Authorization: AWS4-HMAC-SHA256 Credential=A/1/r, SignedHeaders=host, Signature=${canary}`,
  `upstream said 407 to proxy-authorization: Basic ${Buffer.from(`bob:${canary}`).toString('base64')}`,
  `set-cookie: sid="${canary}"; Path=/`,
  `PHPSESSID=${canary} is not a session`,
  `environment: HF_TOKEN=${canary} OPENAI_KEY=${canary}`,
  `aws_secret_access_key = ${canary}, aws_session_token=${canary}`,
  `<Error><SecretAccessKey>${canary}</SecretAccessKey></Error>`,
  `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${canary}==;EndpointSuffix=e`,
  `bob:${canary}@host failed, and so did postgres://svc:p%40${canary}@db/x`,
  String.raw`request was {\"client_secret\": \"it's ${canary}\"}`,
  `Incorrect API key provided: ${canary}.`,
  `the token "${canary}" has expired`,
  `npm_${key} and glpat-${canary} and dckr_pat_${canary} and hvs.${canary}`,
  `could not parse -----BEGIN OPENSSH PRIVATE KEY-----\n${canary}`,
  `command was curl --api-key ${canary} --verbose`,
]
const leaked = /C4nary|CANARY|4711-abc|4711abc/

/** Starts a server whose answers echo secrets: in an error body, in an error event, in members that break rules. */
async function startEcho(t: TestContext): Promise<string> {
  let answers = 0
  const server = createServer((incoming, outgoing) => {
    incoming.resume()
    const text = echoes[answers % echoes.length] as string
    switch (answers++ % 3) {
      case 0:
        outgoing.writeHead(401, { 'content-type': 'application/json' })
        outgoing.end(JSON.stringify({ type: 'error', error: { type: 'authentication_error', message: text } }))
        break
      case 1:
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
        outgoing.end(
          `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: text, message: text } })}\n\n`,
        )
        break
      default:
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
        outgoing.end(
          `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { id: 1, role: text, model: text } })}\n\ndata: ${text.split('\n')[0]}\n\n`,
        )
    }
  })
  const listening = await listenOn(server, 'the echo', {
    ...{ host: '127.0.0.1', port: 0, log: silentLog },
    closeConnections: () => server.closeAllConnections(),
  })
  t.after(() => listening[Symbol.asyncDispose]())
  return listening.url
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

/** Asserts that a text has no secret, its base64 members decoded too. */
function assertHidden(text: string, where: string): void {
  const at = text.search(leaked)
  assert.equal(at, -1, `${where}: ...${text.slice(Math.max(0, at - 80), at + 40)}`)
  for (const [, base64 = ''] of text.matchAll(/"raw_?[bB]ase64": ?"([^"]+)"/g))
    assert.doesNotMatch(Buffer.from(base64, 'base64').toString('latin1'), leaked, `${where}, decoded`)
}

describe('a secret that a server echoes', () => {
  it('is in no output of stress, and the rest of the message is', async (t) => {
    const url = await startEcho(t)
    const folder = temporaryFolder(t)
    assert.notEqual(echoes.length % 3, 0, 'each text must come in each kind of answer')
    const args = ['--streams', `${3 * echoes.length}`, '--out', folder, '--json-out', join(folder, 'report.json')]
    const { stdout, stderr } = await runCli(['stress', '--ccr-url', url, '--report', 'full', ...args])
    assertHidden(stdout, 'stdout')
    assertHidden(stderr, 'stderr')
    const files = filesIn(folder)
    assert.ok(files.length >= 5, files.join(', '))
    for (const file of files) assertHidden(readFileSync(file, 'utf8'), file)
    const streams = readFileSync(join(folder, 'latest', 'streams.ndjson'), 'utf8')
    for (const rest of [
      'sk-',
      'Incorrect API key provided',
      '401 to authorization: Bearer',
      'the password is',
      'upstream/v1',
    ])
      assert.equal(streams.includes(rest), rest !== 'sk-', rest)
  })

  it('is in no output of check', async (t) => {
    const url = await startEcho(t)
    const folder = temporaryFolder(t)
    const answer = await fetch(url)
      .then(() => fetch(url))
      .then(() => fetch(url))
    const file = join(folder, 'stream.sse')
    writeFileSync(file, await answer.text())
    const [text, json] = await Promise.all([
      runCli(['check', file, '--protocol', 'anthropic-messages', '--all']),
      runCli(['check', file, '--protocol', 'anthropic-messages', '--json']),
    ])
    for (const { stdout, stderr } of [text, json]) assertHidden(stdout + stderr, 'output')
    assert.match(text.stdout, /\[redacted\]/)
  })
})

describe('a secret that a child prints', () => {
  it('is in none of its lines, whole or cut', () => {
    const seen: string[] = []
    const last = createLastLines(200, (line) => seen.push(line))
    for (const text of echoes)
      for (const line of [text, JSON.stringify({ level: 30, msg: text }), `${'.'.repeat(1950)} ${text}`])
        last.writer('stderr').write(`${line}\n`)
    assertHidden([...seen, ...last.lines()].join('\n'), 'lines')
    assert.ok(seen.length > 2 * echoes.length)
  })
})

describe('a URL that is refused', () => {
  const urls = [
    `http://user:${canary}@127.0.0.1:1`,
    `http://user:${canary}@127.0.0.1:99999`,
    `http://${canary}@127.0.0.1`,
    `user:${canary}@127.0.0.1`,
    `ftp://user:${canary}@host`,
    `http://127.0.0.1:1/?key=${canary}`,
    `http://127.0.0.1:1?anything=${canary}`,
    `http://127.0.0.1:99999/?key=${canary}`,
    `127.0.0.1:1/?api_key=${canary}`,
    `http://127.0.0.1:1/#access_token=${canary}`,
    `http://u:p/w${canary}@host`,
  ]
  const flags = [
    ['run', '--ccr-url'],
    ['run', '--mock-url'],
    ['run', '--load-url'],
    ['stress', '--ccr-url'],
    ['conform', '--ccr-url'],
    ['gateway', '--upstream'],
    ['proxy', '--upstream'],
  ]

  it('is not shown with its credentials or its query', async () => {
    for (const [command = '', flag = ''] of flags)
      for (const url of urls)
        for (const words of [[flag, url], [`${flag}=${url}`]])
          await assert.rejects(runCommandLine([command, ...words]), (error: Error) => {
            assert.ok(error instanceof UsageError, `${error.stack}`)
            assert.match(error.message, /credentials|\[redacted\]/)
            assert.doesNotMatch(error.message, leaked, words.join(' '))
            return true
          })
    for (const words of [['run', urls[0]], [urls[0]], ['stress', `--unknown=${urls[5]}`], ['run', '--', urls[0]]])
      await assert.rejects(runCommandLine(words as string[]), (error: Error) => {
        assert.ok(error instanceof UsageError, `${error.stack}`)
        assert.doesNotMatch(error.message, leaked, words.join(' '))
        return true
      })
  })

  it('is shown without them, so that the mistake is visible', async () => {
    await assert.rejects(runCommandLine(['stress', '--ccr-url', `http://127.0.0.1:1/v1?key=${canary}`]), {
      message: /without query or fragment \(got "http:\/\/127\.0\.0\.1:1\/v1\?\[redacted\]"\)/,
    })
  })

  it('is not shown by the library either', () => {
    const model = { url: `http://user:${canary}@host` } as unknown as string
    assert.throws(
      () => experimentOf({ model, faults: [`http://user:${canary}@host/?key=${canary}`] }),
      (error: Error) => {
        assert.doesNotMatch(error.message, leaked)
        return true
      },
    )
  })
})

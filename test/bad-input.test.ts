import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runCli, script } from './fixtures/cli.ts'
import { freePort, isFree } from './fixtures/free-port.ts'
import { refusalOf } from './fixtures/refusal.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const folder = temporaryFolder({ after })

/** Command lines that are refused, each with the line that reports the error. */
const usage: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [[], /a command is missing/],
  [['rnu'], /unknown command: rnu\. Did you mean run\?/],
  [['runn', '--streams', '3'], /unknown command: runn\. Did you mean run\?/],
  [['--streams', '3', 'runn'], /unknown command: runn\. Did you mean run\?/],
  [['xy', 'a', 'b'], /unknown command: xy\. Run `ccr-sse-stress --help`\./],
  [[''], /unknown command: ""\. Run /],
  [['--streams', '3'], /a command is missing\. Run `ccr-sse-stress --help`\./],
  [['-x'], /a command is missing/],
  [['--', 'run'], /a command is missing/],
  [['run', 'stress'], /unknown argument: stress\. Run one command at a time\./],
  [['run', 'run'], /unknown argument: run\. Run one command at a time\./],
  [['run', 'abc'], /unknown argument: abc\. Run `ccr-sse-stress run --help`\./],
  [['run', 'streams', '3'], /unknown arguments: streams, 3\. Did you mean --streams\?/],
  [['run', '-streams', '3'], /unknown argument: -streams\. Did you mean --streams\?/],
  [['run', '-s', '3'], /unknown arguments?: -s.*\. Run `ccr-sse-stress run --help`\./],
  [['run', '--stremas', '5'], /unknown argument: --stremas\. Did you mean --streams\?/],
  [['run', '--no-warmup'], /Did you mean --no-warm-up\?/],
  [['run', '--streams', '0'], /--streams: must be a whole number from 1 to 100000 \(got "0"\)/],
  [['run', '--streams', '-1'], /--streams: .*got "-1"/],
  [['run', '--streams', '1.5'], /--streams: .*got "1\.5"/],
  [['run', '--streams', '1e9'], /--streams: .*got "1e9"/],
  [['run', '--streams', 'NaN'], /--streams: .*got "NaN"/],
  [['run', '--workers', '0'], /--workers: must be auto or a whole number from 1 to 64 \(got "0"\)/],
  [['run', '--workers', '-1'], /--workers: .*got "-1"/],
  [['run', '--workers', 'x'], /--workers: .*got "x"/],
  [['stress', '--workers', '65'], /--workers: .*got "65"/],
  [['mock', '--workers', '0'], /--workers: .*got "0"/],
  [['run', '--streams='], /--streams: .*got ""/],
  [['run', '--streams', '10k'], /--streams: .*got "10k"/],
  [['run', '--streams', '5', '--streams', '6'], /--streams: can be passed only once \(got 2 values\)/],
  [['run', '--streams'], /--streams needs a value/],
  [['run', '--no-warm-up=5'], /--no-warm-up: takes no value/],
  [['run', '--', '--streams', '7'], /takes only flags \(got --streams 7\)/],
  [['run', '--chunks', '0'], /--chunks: must be a whole number from 1/],
  [['run', '--delay-ms', '-5'], /--delay-ms: must be a number from 0/],
  [['run', '--delay-ms', '99999999999999999999'], /--delay-ms/],
  [['run', '--ramp-ms', 'soon'], /--ramp-ms/],
  [['run', '--timeout', '0'], /--timeout/],
  [
    ['run', '--timeout', '0.5', '--chunks', '20', '--delay-ms', '50'],
    /--timeout: must be longer than a stream of --chunks and --delay-ms, 0\.95 s/,
  ],
  [['run', '--mock-port', '65536'], /--mock-port: must be a whole number from 1 to 65535/],
  [['run', '--mock-port', '3456'], /--ccr-port: must differ from --mock-port/],
  [['run', '--seed', '1.5'], /--seed/],
  [['run', '--seed', '99999999999'], /--seed/],
  [['run', '--model', ''], /--model/],
  [['run', '--gateway', 'ccr'], /--gateway: must be one of auto, ccr-rust, reference, direct, .*litellm \(got "ccr"\)/],
  [
    ['run', '--gateway', 'nginx', '--topology', 'compose'],
    /--gateway: nginx needs --topology local: it runs as a program on this machine \(topology is compose\)/,
  ],
  [['run', '--gateway', 'envoy', '--topology', 'standing'], /--gateway: .*local.*topology is standing/],
  [
    ['run', '--gateway', 'litellm', '--protocol', 'openai-responses'],
    /--protocol: must be a protocol that litellm supports: anthropic-messages or openai-chat-completions \(got openai-responses\)/,
  ],
  [['gateways'], /gateways needs an action: list, or install and a name \(got nothing\)/],
  [['gateways', 'instal', 'nginx'], /got instal\)\. Did you mean install\?/],
  [['gateways', 'list', 'nginx'], /gateways list: takes no name \(got nginx\)/],
  [['gateways', 'install'], /gateways install needs one of claude-code-router, .* \(got nothing\)/],
  [['gateways', 'install', 'portkye'], /gateways install .*got portkye\)\. Did you mean portkey\?/],
  [['gateways', 'install', 'ccr-rust'], /gateways install: cannot install ccr-rust\. Give its binary with --ccr-bin/],
  [['gateways', 'install', 'reference'], /gateways install: cannot install reference\. .* is part of ccr-sse-stress/],
  [['run', '--topology', 'cloud'], /--topology: must be one of local.* \(got "cloud"\)/],
  [['run', '--ccr-url', 'http://127.0.0.1:1'], /--ccr-url needs --topology standing.*topology is local/],
  [
    ['run', '--topology', 'compose', '--mock-url', 'http://127.0.0.1:1'],
    /--mock-url needs .*standing.*topology is compose/,
  ],
  [['run', '--topology', 'standing', '--ccr-url', 'http://api.example.com'], /--ccr-url: .*host is api\.example\.com/],
  [['run', '--topology', 'standing', '--mock-url', 'http://192.0.2.1:80'], /--mock-url: .*host is 192\.0\.2\.1/],
  [['run', '--topology', 'standing', '--ccr-bin', '/opt/ccr-rust'], /--ccr-bin needs .*local.*topology is standing/],
  [['run', '--protocol', 'grpc'], /--protocol: must be one of anthropic-messages.* \(got "grpc"\)/],
  [['run', '--topology', 'standing', '--health-path', 'ready'], /--health-path: must be a URL path.* \(got "ready"\)/],
  [['conform', '--ccr-url', 'http://127.0.0.1:1'], /--ccr-url needs --topology standing.*topology is local/],
  [['conform', '--mock-url', 'http://127.0.0.1:1'], /--mock-url needs --topology standing.*topology is local/],
  [['conform', '--health-path', '/ready'], /--health-path needs --topology standing.*topology is local/],
  [['conform', '--topology', 'standing', '--ccr-url', 'http://llm.example'], /--ccr-url: must be on this machine/],
  [['run', '--health-path', '/ready'], /--health-path needs --topology standing.*topology is local/],
  [['stress', '--ccr-url', '127.0.0.1:3456'], /--ccr-url: must be a URL/],
  [['stress', '--ccr-url', 'file:///etc/passwd'], /--ccr-url: .*http or https/],
  [['stress', '--ccr-url', 'http://'], /--ccr-url/],
  [['stress', '--ccr-url', 'http://127.0.0.1:3456/?a=b'], /--ccr-url: .*without query/],
  [['stress', '--ccr-url', 'http://192.0.2.1:80'], /--ccr-url: .*--allow-remote.*got 192\.0\.2\.1/],
  [['stress', '--ccr-url', 'http://127.0.0.1.example:80'], /--allow-remote/],
  [['stress', '--protocol', 'grpc'], /--protocol: must be one of anthropic-messages/],
  [['mock', '--port', '70000'], /--port: must be a whole number from 0 to 65535/],
  [['mock', '--log-level', 'loud'], /--log-level/],
  [['gateway', '--upstream', 'ftp://127.0.0.1/v1'], /--upstream/],
  [['gateway', '--upstream', 'https://127.0.0.1/v1'], /--upstream: must be an http URL/],
  [['doctor', '--streams', '5'], /unknown argument: --streams/],
]

for (const [args, says] of usage) {
  test(`\`${args.join(' ')}\` is refused with status 64 and one line`, async () => {
    const lines = await refusalOf(args)
    assert.match(lines[0] ?? '', says)
    assert.equal(lines.length, 1, lines.join('\n'))
  })
}

test('a refused command line prints nothing on stdout and no stack trace', async () => {
  const { status, stdout, stderr } = await runCli(['run', '--streams', '0'], {}, folder)
  assert.deepEqual([status, stdout], [64, ''])
  assert.match(stderr, /^error: --streams: .*\n$/)
  assert.deepEqual(readdirSync(folder), [])
})

test('every mistake on a command line is reported on a separate line', async () => {
  const lines = await refusalOf(['run', '--streams', '0', '--chunks', '0', '--seed', 'x'])
  assert.deepEqual(
    lines.map((line) => /--[a-z-]+/.exec(line)?.[0]),
    ['--streams', '--chunks', '--seed'],
  )
})

test('a switch with the value true or false is read as set or not set', async () => {
  const conflict = /--baseline: cannot be combined with --no-baseline/
  const direct = ['run', '--gateway', 'direct', '--baseline']
  for (const args of [['--no-baseline=true'], ['--no-baseline', 'true']])
    assert.match((await refusalOf([...direct, ...args])).join('\n'), conflict)
  for (const args of [['--no-baseline=false'], ['--no-baseline', 'false']]) {
    const text = (await refusalOf([...direct, ...args])).join('\n')
    assert.match(text, /--baseline needs a gateway/)
    assert.doesNotMatch(text, conflict)
  }
  const [remote = ''] = await refusalOf(['stress', '--allow-remote=false', '--ccr-url', 'http://192.0.2.1'])
  assert.match(remote, /--ccr-url: .*--allow-remote/)
})

test('credentials in a URL are refused and not shown', async () => {
  const [line = ''] = await refusalOf(['stress', '--ccr-url', 'http://user:canary-secret@127.0.0.1:3456'])
  assert.match(line, /without credentials/)
  assert.doesNotMatch(line, /canary-secret|user:/)
})

test('a port in use is named with its flag before anything starts', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  t.after(() => taken.close())
  const { port } = taken.address() as { port: number }
  const mockPort = await freePort()
  const { status, stdout, stderr } = await runCli(
    ['run', '--ccr-port', `${port}`, '--mock-port', `${mockPort}`],
    {},
    folder,
  )
  assert.equal(status, 4)
  assert.match(stderr, new RegExp(`--ccr-port: port ${port} is in use`))
  assert.equal(stdout, '')
  assert.ok(await isFree(mockPort))
})

test('more streams than descriptors allow are refused with the number needed and how to raise it', async () => {
  const { status, stderr } = await runCli(['run', '--streams', '100000'], {}, folder)
  assert.equal(status, 4)
  assert.match(stderr, /--streams 100000 needs \d+ (file descriptors|local ports)/)
  assert.match(stderr, /ulimit -n|ip_local_port_range/)
})

test('a missing binary is a usage error that names its flag', async () => {
  const [line = ''] = await refusalOf(['run', '--gateway', 'ccr-rust', '--ccr-bin', join(folder, 'none')])
  assert.match(line, /--ccr-bin: must be an executable file \(got .*none \(.*\)\)/)
})

test('results that cannot be written are refused before anything starts', async () => {
  const file = join(folder, 'a-file')
  await writeFile(file, '')
  for (const args of [
    ['--out', file],
    ['--out', join(file, 'results')],
    ['--json-out', folder],
    ['--json-out', join(folder, 'none', 'x.json')],
  ]) {
    const { status, stdout, stderr } = await runCli(['stress', ...args], {}, folder)
    assert.equal(status, 4, stderr)
    assert.match(stderr, /a-file|ccr-sse-stress-test/)
    assert.equal(stdout, '')
  }
})

test('a report that cannot be written to stdout ends with status 4 and one line', () => {
  const full = openSync('/dev/full', 'w')
  for (const args of [['faults'], ['check', '--protocol', 'anthropic-messages', script]]) {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    assert.equal(status, 4, args[0])
    assert.match(stderr, /^error: cannot write the report to stdout \(ENOSPC\)\n$/)
  }
  closeSync(full)
})

test('a host name without an address is an environment error', async () => {
  const { status, stderr } = await runCli(
    ['stress', '--ccr-url', 'http://nowhere.invalid:80', '--allow-remote'],
    {},
    folder,
  )
  assert.equal(status, 4)
  assert.match(stderr, /nowhere\.invalid: no address found/)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { testHost } from '../../../test/fixtures/host.ts'
import { isAlive } from '../../../test/fixtures/processes.ts'
import { silentLog } from '../../../test/fixtures/silent-log.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { until } from '../../../test/fixtures/until.ts'
import { EnvironmentError, UsageError } from '../../base/errors.ts'
import { findOnPath } from '../../process/executable.ts'
import { prepareLaunch, templateValues } from '../launch.ts'
import { ccrRust, ccrRustConfig } from './ccr-rust.ts'
import { findCcrRust } from './find.ts'
import { readCcrRustInterface } from './interface.ts'

const timeout = 60_000
const fake = fileURLToPath(new URL('../../../test/fixtures/fake-ccr-rust.mjs', import.meta.url))
const path = process.env['PATH'] ?? ''
const signal = new AbortController().signal
const log = silentLog

function search(env: NodeJS.ProcessEnv, flags: { ccrBin?: string; ccrSource?: string } = {}) {
  const progress: string[] = []
  const host = testHost({ env, onProgress: (text) => progress.push(text) })
  const program = findCcrRust({ ...flags, host }).then((installed) => installed?.program)
  return { program, progress }
}

/** Creates an executable file that does nothing, and its folder. */
function program(folder: string, ...names: string[]): string {
  const file = join(folder, ...names)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, '#!/bin/sh\n')
  chmodSync(file, 0o755)
  return file
}

function script(t: TestContext, text: string): string {
  const file = program(temporaryFolder(t), 'ccr-rust')
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  return file
}

test('a binary takes precedence over a source, a source over PATH, and a flag over its environment variable', async (t) => {
  const folder = temporaryFolder(t)
  const byFlag = program(folder, 'flag')
  const byEnv = program(folder, 'env')
  const source = join(folder, 'source')
  const built = program(source, 'target', 'release', 'ccr-rust')
  const onPath = program(folder, 'second', 'ccr-rust')
  mkdirSync(join(folder, 'first', 'ccr-rust'), { recursive: true })
  const PATH = `${join(folder, 'first')}:${join(folder, 'second')}`
  const all = { PATH, CCR_BIN: byEnv, CCR_SOURCE: source }
  assert.equal(await search(all, { ccrBin: byFlag }).program, byFlag)
  assert.equal(await search(all).program, byEnv)
  assert.equal(await search({ ...all, CCR_BIN: '' }).program, built)
  assert.equal(await search({ PATH }, { ccrSource: source }).program, built)
  assert.equal(await search({ PATH }).program, onPath)
  assert.equal(await search({ PATH: join(folder, 'first') }).program, undefined)
})

test('a configured binary that cannot be executed is refused, even if there is another on PATH', async (t) => {
  const folder = temporaryFolder(t)
  const plain = join(folder, 'plain')
  writeFileSync(plain, '')
  chmodSync(plain, 0o644)
  const PATH = join(program(folder, 'bin', 'ccr-rust'), '..')
  for (const [ccrBin, fault] of [
    [join(folder, 'absent'), 'no such file'],
    [folder, 'not a file'],
    [plain, 'not executable (permission denied)'],
  ] as const) {
    const message = `must be an executable file (got ${ccrBin} (${fault})).`
    const refused = (where: string) => (error: unknown) =>
      error instanceof UsageError && error.message === `${where}: ${message}`
    await assert.rejects(search({ PATH }, { ccrBin }).program, refused('--ccr-bin'))
    await assert.rejects(search({ PATH, CCR_BIN: ccrBin }).program, refused('CCR_BIN'))
  }
})

test('a source without a Cargo.toml is refused', async (t) => {
  await assert.rejects(
    search({ PATH: path }, { ccrSource: temporaryFolder(t) }).program,
    /--ccr-source: .*no Cargo\.toml in it/,
  )
})

test('without cargo, the error says what to install or which option to set', async (t) => {
  const source = temporaryFolder(t)
  writeFileSync(join(source, 'Cargo.toml'), '')
  await assert.rejects(search({ PATH: source, CCR_SOURCE: source }).program, (error) => {
    assert.ok(error instanceof EnvironmentError)
    assert.match(error.message, /cargo is not on PATH.*rustup.*--ccr-bin/)
    return true
  })
})

test('an abort stops a build that hangs', { timeout }, async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'Cargo.toml'), '')
  const cargo = program(folder, 'bin', 'cargo')
  writeFileSync(cargo, '#!/bin/sh\necho building >&2\nexec sleep 1000\n')
  const abort = new AbortController()
  const reason = new Error('interrupted')
  const log = Object.assign(Object.create(silentLog), { info: () => abort.abort(reason) })
  const env = { PATH: `${join(folder, 'bin')}:${path}`, CCR_SOURCE: folder }
  const search = findCcrRust({ host: testHost({ env, log, signal: abort.signal }) })
  await assert.rejects(search, (error) => error === reason)
})

const cargo = await findOnPath('cargo', { PATH: path })
const skip = cargo === undefined && 'cargo is not on PATH'

function crate(t: TestContext, main: string): string {
  const source = temporaryFolder(t)
  mkdirSync(join(source, 'src'))
  writeFileSync(join(source, 'Cargo.toml'), '[package]\nname = "ccr-rust"\nversion = "0.0.1"\nedition = "2021"\n')
  writeFileSync(join(source, 'src', 'main.rs'), main)
  return source
}

test('an unbuilt source is built with cargo and a progress line; the next run reuses the binary', {
  timeout,
  skip,
}, async (t) => {
  const source = crate(t, 'fn main() { println!("built") }')
  const env = { ...process.env, CARGO_TARGET_DIR: join(source, 'elsewhere') }
  const first = search(env, { ccrSource: source })
  const binary = await first.program
  assert.equal(binary, join(source, 'target', 'release', 'ccr-rust'))
  assert.equal(execFileSync(binary, { encoding: 'utf8' }), 'built\n')
  assert.match(first.progress.join(), /cargo build --release/)
  const second = search(env, { ccrSource: source })
  assert.equal(await second.program, binary)
  assert.deepEqual(second.progress, [])
})

test("a failed build is reported with cargo's last lines and the alternatives", { timeout, skip }, async (t) => {
  const source = crate(t, 'fn main() { no_such_function() }')
  await assert.rejects(search(process.env, { ccrSource: source }).program, (error) => {
    assert.ok(error instanceof EnvironmentError)
    assert.match(error.message, /cargo build --release ended with exit status 101.*no_such_function.*--ccr-bin FILE/s)
    return true
  })
})

for (const [style, portStyle] of [
  ['modern', 'start --port'],
  ['old', '--port'],
] as const) {
  test(`a ${style} binary is started with ${portStyle}`, { timeout }, async () => {
    const env = { PATH: path, HOME: '/nowhere', FAKE_CCR_STYLE: style }
    assert.deepEqual(await readCcrRustInterface(fake, { env, log, signal }), {
      version: '0.0.0-fixture',
      portStyle,
      takesHost: true,
      hasStreamLimit: true,
    })
  })
}

test('a program without --port is not accepted as ccr-rust', { timeout }, async (t) => {
  await assert.rejects(
    readCcrRustInterface(script(t, 'echo "make coffee"'), { env: { PATH: path }, log, signal }),
    (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(error.message, /does not look like ccr-rust.*make coffee/)
      return true
    },
  )
})

test('a binary of another architecture is an EnvironmentError', { timeout }, async (t) => {
  const file = program(temporaryFolder(t), 'ccr-rust')
  writeFileSync(file, '\u007fELF')
  await assert.rejects(readCcrRustInterface(file, { env: { PATH: path }, log, signal }), EnvironmentError)
})

test('an abort while the binary is queried ends its child processes too', { timeout }, async (t) => {
  const pids = join(temporaryFolder(t), 'pids')
  const binary = script(t, `sleep 600 & echo $! >> ${pids}; wait`)
  const stop = new AbortController()
  const rejected = assert.rejects(
    readCcrRustInterface(binary, { env: { PATH: path }, log, signal: stop.signal }),
    /enough/,
  )
  const started = () => (existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : [])
  await until(() => started().length === 3)
  stop.abort(new Error('enough'))
  await rejected
  await until(() => !started().some(isAlive))
})

const setup = { port: 3456, upstreamOrigin: 'http://127.0.0.1:9999', model: 'mock,mock-model', streamMs: 1 }

function launch(program: string, home: string, env: NodeJS.ProcessEnv) {
  return prepareLaunch({ descriptor: ccrRust, program }, { ...setup, home }, testHost({ env, passEnv: ['PASSED'] }))
}

test('if the binary prints no version, the report has none', { timeout }, async (t) => {
  const binary = script(t, 'case "$1" in --help) echo "  --port N";; *) exit 2;; esac')
  const home = temporaryFolder(t)
  const { identity, args } = await launch(binary, home, { PATH: path })
  assert.equal(identity.name, 'ccr-rust (version unknown)')
  assert.equal(identity.version, undefined)
  assert.deepEqual(identity.settings, ["CCR_MAX_STREAMS=0 is set, but ccr-rust's help mentions no stream limit"])
  assert.deepEqual(args, ['--config', join(home, 'ccr-rust.json'), '--port', '3456'])
})

test('a launch writes only to its folder, gets only the variables that it needs and reports its stream limit', {
  timeout,
}, async (t) => {
  const home = temporaryFolder(t)
  const env = {
    PATH: path,
    HOME: '/nowhere',
    HTTPS_PROXY: 'x',
    http_proxy: 'x',
    XDG_DATA_HOME: 'x',
    SECRET: 'x',
    PASSED: 'x',
  }
  const launched = await launch(fake, home, env)
  assert.deepEqual(launched.env, { PATH: path, PASSED: 'x', HOME: home, CCR_MAX_STREAMS: '0' })
  assert.deepEqual(launched.identity, {
    kind: 'ccr-rust',
    name: 'ccr-rust 0.0.0-fixture',
    version: '0.0.0-fixture',
    location: fake,
    settings: ['stream limit disabled (CCR_MAX_STREAMS=0)'],
  })
  const config = readFileSync(join(home, 'ccr-rust.json'), 'utf8')
  assert.equal(config, ccrRustConfig(templateValues(ccrRust, { ...setup, home })))
  assert.ok(!existsSync(join(home, '.ccr-rust')))
  const limited = await launch(fake, home, { ...env, CCR_MAX_STREAMS: '64', RUST_LOG: 'warn' })
  assert.equal(limited.env['CCR_MAX_STREAMS'], '64')
  assert.deepEqual(limited.identity.settings, [
    'stream limit 64 (CCR_MAX_STREAMS=64 in the environment)',
    'RUST_LOG=warn',
  ])
})

test('the configuration routes the model of the requests to the mock', () => {
  const config = (model: string, more: { streamMs?: number; idleLimitMs?: number } = {}) =>
    JSON.parse(ccrRustConfig(templateValues(ccrRust, { ...setup, home: '/', model, ...more })))
  const provider = { name: 'mock', api_base_url: 'http://127.0.0.1:9999/v1', api_key: 'dummy', models: ['mock-model'] }
  assert.deepEqual(config('mock,mock-model'), {
    HOST: '127.0.0.1',
    PORT: 3456,
    API_TIMEOUT_MS: 600_000,
    Providers: [provider],
    Router: { default: 'mock,mock-model' },
  })
  assert.deepEqual(config('other,a,b').Providers[0].models, ['a,b'])
  assert.equal(config('other,a,b').Router.default, 'other,a,b')
  assert.equal(config('alone').Router.default, 'mock,alone')
  assert.equal(config('alone', { streamMs: 3_600_000 }).API_TIMEOUT_MS, 7_200_000)
  assert.equal(config('alone', { streamMs: 3_600_000, idleLimitMs: 500 }).API_TIMEOUT_MS, 500)
})

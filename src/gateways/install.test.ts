import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { EnvironmentError } from '../base/errors.ts'
import { ownerOf } from '../process/owner.ts'
import { findInstalled, gatewayFolder } from './find.ts'
import { type Installing, installByApt, installGateway } from './install.ts'

const timeout = 30_000

/** Writes a fake installer: a few lines of shell. */
function program(path: string, lines: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${lines}\n`)
  chmodSync(path, 0o755)
}

function setUp(t: TestContext) {
  const folder = temporaryFolder(t)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const place = join(folder, 'gateways')
  const progress: string[] = []
  const abort = new AbortController()
  const env = { PATH: `${bin}:/usr/bin:/bin`, CCR_SSE_STRESS_GATEWAYS: place, FOLDER: folder }
  const installing: Installing = {
    env,
    isRoot: true,
    pid: process.pid,
    log: silentLog,
    onProgress: (text) => progress.push(text),
    signal: abort.signal,
  }
  return { folder, bin, place, env, progress, abort, installing }
}

const ccr = 'node_modules/@musistudio/claude-code-router'
/** What a fake npm does in its working folder: it creates the package's files and records its arguments. */
const likeNpm = `
mkdir -p ${ccr}/dist && echo > ${ccr}/dist/cli.js && echo '{"version":"2.0.0"}' > ${ccr}/package.json
cp package.json "$FOLDER/manifest.json"; echo "$@" >> "$FOLDER/words"`

test('an npm package is installed into its own folder, in a pinned version, without running scripts', {
  timeout,
}, async (t) => {
  const { folder, bin, place, env, installing } = setUp(t)
  program(join(bin, 'npm'), likeNpm)
  assert.equal(await findInstalled('claude-code-router', env), undefined)
  const installed = await installGateway('claude-code-router', installing)
  const there = { program: join(place, 'claude-code-router', ccr, 'dist/cli.js'), version: '2.0.0' }
  assert.deepEqual(installed, { ...there, alreadyInstalled: false })
  assert.deepEqual(await findInstalled('claude-code-router', env), there)
  assert.match(readFileSync(join(folder, 'words'), 'utf8'), /^install .*--ignore-scripts/)
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  assert.deepEqual(manifest.dependencies, { '@musistudio/claude-code-router': '2.0.0' })
  assert.deepEqual(readdirSync(place), ['claude-code-router'])
})

test('the right version is not installed again; another version is replaced', { timeout }, async (t) => {
  const { folder, bin, place, installing } = setUp(t)
  program(join(bin, 'npm'), likeNpm)
  await installGateway('claude-code-router', installing)
  assert.equal((await installGateway('claude-code-router', installing)).alreadyInstalled, true)
  assert.equal(readFileSync(join(folder, 'words'), 'utf8').trim().split('\n').length, 1)
  writeFileSync(join(place, 'claude-code-router', ccr, 'package.json'), '{"version":"1.0.0"}')
  assert.deepEqual(
    { ...(await installGateway('claude-code-router', installing)), program: '' },
    { version: '2.0.0', program: '', alreadyInstalled: false },
  )
  assert.deepEqual(readdirSync(place), ['claude-code-router'])
})

test("a PyPI package gets its own virtual environment, and that environment's Python runs it", {
  timeout,
}, async (t) => {
  const { folder, bin, env, installing } = setUp(t)
  const pip = `#!/bin/sh
cd "$(dirname "$0")/.." && echo "$@" > "$FOLDER/words" && touch bin/litellm
mkdir -p lib/python3.1/site-packages/litellm-1.106.2.dist-info`
  writeFileSync(join(folder, 'pip'), pip)
  program(join(bin, 'python3'), 'mkdir -p "$3/bin" && cp "$FOLDER/pip" "$3/bin/python" && chmod +x "$3/bin/python"')
  const { program: file, version } = await installGateway('litellm', installing)
  assert.deepEqual([file, version], [join(gatewayFolder('litellm', env), 'bin/litellm'), '1.106.2'])
  assert.match(readFileSync(join(folder, 'words'), 'utf8'), /^-m pip install .*litellm\[proxy\]==1\.106\.2\n$/)
})

for (const [how, lines, says] of [
  ['fails', 'echo "no such package" >&2; exit 7', /^npm install .* exit status 7; its last lines:\n.*no such package/s],
  ['brings something else', 'mkdir -p node_modules', /@musistudio\/claude-code-router does not contain node_modules/],
] as const)
  test(`an installer that ${how} is reported, and nothing is left that could be mistaken for the gateway`, {
    timeout,
  }, async (t) => {
    const { bin, place, env, installing } = setUp(t)
    program(join(bin, 'npm'), lines)
    await assert.rejects(installGateway('claude-code-router', installing), (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(error.message, says)
      return true
    })
    assert.deepEqual(readdirSync(place), [])
    assert.equal(await findInstalled('claude-code-router', env), undefined)
  })

test('an abort ends the installer and leaves nothing', { timeout }, async (t) => {
  const { bin, place, abort, installing } = setUp(t)
  program(join(bin, 'npm'), `${likeNpm}\nexec sleep 600`)
  const reason = new Error('interrupted')
  const onProgress = () => abort.abort(reason)
  await assert.rejects(installGateway('claude-code-router', { ...installing, onProgress }), (error) => error === reason)
  assert.deepEqual(readdirSync(place), [])
})

test('leftovers of a killed installation are removed by the next one, but the files of a running one are not', {
  timeout,
}, async (t) => {
  const { bin, place, installing } = setUp(t)
  program(join(bin, 'npm'), likeNpm)
  const gone = 2 ** 22 + 1
  const running = `.claude-code-router.${ownerOf(process.ppid)}`
  for (const name of [`.claude-code-router.${ownerOf(gone)}`, running])
    mkdirSync(join(place, name), { recursive: true })
  await installGateway('claude-code-router', installing)
  assert.deepEqual(readdirSync(place).sort(), [running, 'claude-code-router'].sort())
})

test('a missing installer is named', { timeout }, async (t) => {
  const { folder, installing } = setUp(t)
  const bare = { ...installing, env: { ...installing.env, PATH: folder } }
  await assert.rejects(installGateway('portkey', bare), {
    message: /^npm is not on PATH \(needed for: npm install/,
  })
})

const nginx = { by: 'apt', package: 'nginx-light', program: 'nginx' } as const

test('root can install a system package, and its service is not started', {
  timeout,
}, async (t) => {
  const { folder, bin, installing } = setUp(t)
  const policy = join(folder, 'policy-rc.d')
  program(
    join(bin, 'apt-get'),
    `echo "$@" >> "$FOLDER/words"; [ "$1" = update ] || sh ${policy} || echo $? > "$FOLDER/policy"`,
  )
  await installByApt(nginx, installing, policy)
  const words = readFileSync(join(folder, 'words'), 'utf8')
  assert.match(words, /^update -qq\ninstall -y .*--no-install-recommends nginx-light\n$/)
  assert.equal(readFileSync(join(folder, 'policy'), 'utf8'), '101\n')
  assert.ok(!existsSync(policy))
})

test('an existing service policy is kept', { timeout }, async (t) => {
  const { folder, bin, installing } = setUp(t)
  const policy = join(folder, 'policy-rc.d')
  program(policy, 'exit 0')
  program(join(bin, 'apt-get'), 'exit 0')
  await installByApt(nginx, installing, policy)
  assert.match(readFileSync(policy, 'utf8'), /exit 0/)
})

test('without root or apt-get, the error gives the command', { timeout }, async (t) => {
  const { folder, installing } = setUp(t)
  const says = /nginx is not installed.*Run `apt-get install nginx-light` as root\.$/
  await assert.rejects(installByApt(nginx, { ...installing, isRoot: false }, join(folder, 'no')), { message: says })
  const bare = { ...installing, env: { PATH: folder } }
  await assert.rejects(installByApt(nginx, bare, join(folder, 'no')), { message: says })
})

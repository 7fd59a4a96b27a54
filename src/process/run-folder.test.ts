import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isAlive, processesWith } from '../../test/fixtures/processes.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { until } from '../../test/fixtures/until.ts'
import { EnvironmentError } from '../base/errors.ts'
import { createRunFolder, folderPrefix, removeLeftFolders } from './run-folder.ts'

const timeout = 20_000
const host = { env: { PATH: process.env['PATH'] }, log: silentLog }

/** A process that makes a folder and writes into it without end, as a gateway does. */
async function startOwner(t: TestContext, parent: string) {
  const script = `
    const { createRunFolder } = await import(${JSON.stringify(new URL('./run-folder.ts', import.meta.url).href)})
    const { writeFileSync } = await import('node:fs')
    const log = { debug() {}, info() {}, warn() {} }
    const { path } = createRunFolder(${JSON.stringify(parent)}, { env: process.env, log })
    writeFileSync(path + '/key', 'a configuration')
    console.log(path)
    setInterval(() => {}, 1e6)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => owner.kill('SIGKILL'))
  const [line] = await once(owner.stdout.setEncoding('utf8'), 'data')
  return { owner, path: String(line).trim() }
}

async function kill(owner: ReturnType<typeof spawn>) {
  owner.kill('SIGKILL')
  await once(owner, 'exit')
}

test('a folder is for this user only, and is removed with its content and its guard', { timeout }, async (t) => {
  const parent = temporaryFolder(t)
  const folder = createRunFolder(parent, host)
  assert.equal(statSync(folder.path).mode & 0o777, 0o700)
  mkdirSync(join(folder.path, 'deep'))
  writeFileSync(join(folder.path, 'deep', 'file'), '')
  assert.equal(processesWith(folder.path).length, 1)
  await folder[Symbol.asyncDispose]()
  assert.deepEqual(readdirSync(parent), [])
  assert.deepEqual(processesWith(folder.path), [])
})

test('a folder is removed if its process is killed', { timeout }, async (t) => {
  const parent = temporaryFolder(t)
  const { owner, path } = await startOwner(t, parent)
  assert.ok(existsSync(join(path, 'key')))
  await kill(owner)
  await until(() => !existsSync(path) && processesWith(path).length === 0)
})

test('if the guard was killed too, cleanup removes the folder and what runs in it, and nothing else', {
  timeout,
}, async (t) => {
  const parent = temporaryFolder(t)
  const { owner, path } = await startOwner(t, parent)
  const gateway = spawn('sleep', ['1000'], { env: { ...host.env, HOME: path } })
  const bystander = spawn('sleep', ['1000'], { cwd: path })
  t.after(() => [gateway, bystander].map((child) => child.kill('SIGKILL')))
  const [guard] = processesWith(path)
  process.kill(guard as number, 'SIGKILL')
  assert.deepEqual(await removeLeftFolders(parent), [], 'its process is running')
  await kill(owner)
  const own = createRunFolder(parent, host)
  t.after(() => own[Symbol.asyncDispose]())
  mkdirSync(join(parent, 'ccr-sse-stress-test-folder'))
  symlinkSync(own.path, join(parent, `${basename(path).slice(0, -8)}link`))
  assert.deepEqual(await removeLeftFolders(parent), [path])
  assert.ok(!existsSync(path))
  assert.equal(readdirSync(parent).length, 3)
  await until(() => !isAlive(gateway.pid as number))
  assert.ok(isAlive(bystander.pid as number))
})

test('a folder from another PID namespace, whose processes are not visible, is kept', async (t) => {
  const parent = temporaryFolder(t)
  mkdtempSync(join(parent, folderPrefix('compose-').replace(/[0-9a-f]{8}-$/, 'ffffffff-')))
  assert.deepEqual(await removeLeftFolders(parent), [])
})

test('a parent folder that does not exist is an error of the environment that names TMPDIR', async (t) => {
  const missing = join(temporaryFolder(t), 'missing')
  const isNamed = (error: unknown) => error instanceof EnvironmentError && /^TMPDIR: .* Set TMPDIR/.test(error.message)
  assert.throws(() => createRunFolder(missing, host), isNamed)
  await assert.rejects(removeLeftFolders(missing), isNamed)
})

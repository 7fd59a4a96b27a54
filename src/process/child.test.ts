import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isAlive } from '../../test/fixtures/processes.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { until } from '../../test/fixtures/until.ts'
import { EnvironmentError } from '../base/errors.ts'
import { type ChildOptions, describeDeath, startChild } from './child.ts'

const timeout = 20_000
const forever = 'setInterval(() => {}, 1e6)'

async function startNode(t: TestContext, script: string, more: Partial<ChildOptions> = {}) {
  const lines: string[] = []
  const child = await startChild({
    name: 'child',
    command: process.execPath,
    args: ['-e', script],
    env: { PATH: process.env['PATH'] },
    log: silentLog,
    onLine: (line) => lines.push(line),
    ...more,
  })
  t.after(() => child[Symbol.asyncDispose]())
  return { child, lines }
}

test('a child that ends by itself is reported with its exit status and its redacted last lines', {
  timeout,
}, async (t) => {
  const script = `for (let i = 0; i < 60; i++) console.log('line', i); console.error('x-api-key: canary'); process.exitCode = 3`
  const { child } = await startNode(t, script)
  const death = await child.died
  assert.equal(death.how, 'exit status 3')
  assert.equal(death.lastLines.length, 50)
  assert.ok(death.lastLines.includes('line 59'))
  assert.ok(death.lastLines.includes('x-api-key: [redacted]'))
  assert.ok(!death.lastLines.includes('line 5'))
  assert.match(describeDeath(death), /^child ended with exit status 3; its last lines:\n {2}line/)
})

test('a child that is killed is reported with the signal', { timeout }, async (t) => {
  const { child } = await startNode(t, `process.kill(process.pid, 'SIGKILL')`)
  assert.deepEqual(await child.died, { name: 'child', how: 'signal SIGKILL', lastLines: [] })
})

test('dispose ends the child and its process group, and reports no death', { timeout }, async (t) => {
  const script = `const c = require('child_process').spawn(process.execPath, ['-e', '${forever}']); console.log(c.pid); ${forever}`
  const { child, lines } = await startNode(t, script)
  let died = false
  void child.died.then(() => {
    died = true
  })
  await until(() => lines.length > 0)
  const grandchild = Number(lines[0])
  await child[Symbol.asyncDispose]()
  assert.ok(!isAlive(child.pid))
  await until(() => !isAlive(grandchild))
  await new Promise(setImmediate)
  assert.ok(!died)
})

test('processes that a child leaves in its group are ended', { timeout }, async (t) => {
  const script = `const c = require('child_process').spawn(process.execPath, ['-e', '${forever}'], { stdio: 'ignore' }); c.unref(); console.log(c.pid)`
  const { child, lines } = await startNode(t, script)
  assert.equal((await child.died).how, 'exit status 0')
  await until(() => !isAlive(Number(lines[0])))
})

test('dispose does not wait for a process that left the group and holds the output', { timeout }, async (t) => {
  const script = `const c = require('child_process').spawn(process.execPath, ['-e', '${forever}'], { detached: true, stdio: 'inherit' }); console.log(c.pid); ${forever}`
  const { child, lines } = await startNode(t, script)
  await until(() => lines.length > 0)
  t.after(() => process.kill(Number(lines[0]), 'SIGKILL'))
  await child[Symbol.asyncDispose]()
  assert.ok(!isAlive(child.pid))
})

test('a child that ignores SIGTERM is killed', { timeout }, async (t) => {
  const { child, lines } = await startNode(
    t,
    `process.on('SIGTERM', () => console.log('no')); console.log('up'); ${forever}`,
  )
  await until(() => lines.includes('up'))
  await child[Symbol.asyncDispose]()
  assert.ok(!isAlive(child.pid))
  assert.deepEqual(lines, ['up', 'no'])
})

test('killNow kills at once, even while dispose is waiting', { timeout }, async (t) => {
  const { child, lines } = await startNode(
    t,
    `process.on('SIGTERM', () => console.log('no')); console.log('up'); ${forever}`,
  )
  await until(() => lines.includes('up'))
  const disposed = child[Symbol.asyncDispose]()
  child.killNow()
  await disposed
  assert.ok(!isAlive(child.pid))
  child.killNow()
})

test('a child leads its own process group', { timeout }, async (t) => {
  const { child } = await startNode(t, forever)
  const ps = spawn('ps', ['-o', 'pgid=', '-p', String(child.pid)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pgid] = await once(ps.stdout.setEncoding('utf8'), 'data')
  assert.equal(Number(pgid), child.pid)
})

test('a command that is missing or not executable is an EnvironmentError', { timeout }, async (t) => {
  const plain = join(temporaryFolder(t), 'plain')
  writeFileSync(plain, '')
  chmodSync(plain, 0o600)
  for (const [command, reason] of [
    [`${plain}-not-there`, 'no such file (ENOENT)'],
    [plain, 'not executable (EACCES)'],
  ] as const) {
    await assert.rejects(startNode(t, '', { command }), (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.equal(error.message, `child: cannot start ${command}: ${reason}`)
      return true
    })
  }
})

for (const channel of [true, false]) {
  const how = channel ? 'through its channel' : 'through a guard'
  test(`a child ends when the process that started it is killed: ${how}`, { timeout }, async (t) => {
    const module = new URL('./child.ts', import.meta.url).href
    const own = `process.once('disconnect', () => process.exit()); ${forever}`
    const parentScript = `
      const { startChild } = await import(${JSON.stringify(module)})
      const log = { debug() {}, info() {}, warn() {} }
      const args = ['-e', ${JSON.stringify(channel ? own : forever)}]
      const child = await startChild({ name: 'c', command: process.execPath, args, env: {}, log, channel: ${channel} })
      console.log(child.pid)`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', parentScript], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => parent.kill('SIGKILL'))
    const [pid] = await once(parent.stdout.setEncoding('utf8'), 'data')
    assert.ok(isAlive(Number(pid)))
    parent.kill('SIGKILL')
    await until(() => !isAlive(Number(pid)))
  })
}

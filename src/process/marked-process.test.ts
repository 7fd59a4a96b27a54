import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { platform } from 'node:os'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startZombie } from '../../test/fixtures/zombie.ts'
import { findMarkedProcess, gatewayMark, mountsOf, readMarkedProcess } from './marked-process.ts'

const timeout = 60_000
const skip = platform() !== 'linux' && 'only Linux tells of processes in /proc'
const fixture = fileURLToPath(new URL('../../test/fixtures/marked-listener.mjs', import.meta.url))

/** Starts a process that listens on a port, or (`below`) whose child does. Sets the mark if there is one. */
async function listen(t: TestContext, mark?: string, { port = 0, below = false } = {}) {
  const env = { PATH: process.env['PATH'], A: 'b=c', ...(mark !== undefined && { [gatewayMark]: mark }) }
  const child = fork(fixture, [`${port}`, ...(below ? ['below'] : [])], { env, silent: true })
  const exited = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  t.after(kill)
  child.stdout?.setEncoding('utf8')
  const [text] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  return { pid: child.pid as number, port: Number(text), kill }
}

test('a marked process is found by the port that it listens on, with its parent and its environment', {
  skip,
  timeout,
}, async (t) => {
  const [gateway, second] = [await listen(t, 'ccr-rust'), await listen(t, 'reference')]
  const { env, ...rest } = findMarkedProcess(gateway.port) ?? {}
  assert.deepEqual(rest, { pid: gateway.pid, parentPid: process.pid, mark: 'ccr-rust' })
  assert.equal(env?.get('A'), 'b=c')
  assert.equal(findMarkedProcess(second.port)?.pid, second.pid)
})

test('if a child listens, its topmost marked ancestor is the gateway', {
  skip,
  timeout,
}, async (t) => {
  const parent = await listen(t, 'reference', { below: true })
  assert.equal(findMarkedProcess(parent.port)?.pid, parent.pid)
})

test('an unmarked process and an ended process are not found', { skip, timeout }, async (t) => {
  assert.equal(findMarkedProcess((await listen(t)).port), undefined)
  const ended = await listen(t, 'reference')
  await ended.kill()
  assert.equal(findMarkedProcess(ended.port), undefined)
  assert.equal(readMarkedProcess(ended.pid), undefined)
})

test('if two processes listen on one port, neither is used, because it is unknown which one answers', {
  skip,
  timeout,
}, async (t) => {
  const gateway = await listen(t, 'ccr-rust')
  assert.equal(findMarkedProcess(gateway.port)?.pid, gateway.pid)
  const second = await listen(t, 'reference', { port: gateway.port })
  assert.equal(findMarkedProcess(gateway.port), undefined)
  await gateway.kill()
  assert.equal(findMarkedProcess(gateway.port)?.pid, second.pid)
})

test('a zombie has no environment and is not a gateway', { skip, timeout }, async (t) => {
  const { zombie } = await startZombie(t, { [gatewayMark]: 'reference' })
  assert.equal(readMarkedProcess(zombie), undefined)
})

test('only a variable with exactly the name of the mark counts, with any value', () => {
  const read = (environ: string, status = 'Name:\tnode\nPid:\t7\nPPid:\t3\nTracerPid:\t0\n') => {
    const files: Record<string, string> = { '/proc/7/environ': environ, '/proc/7/status': status }
    return readMarkedProcess(7, (path) => files[path])
  }
  assert.equal(read(`PATH=/bin\0${gatewayMark}=a=b\0X=\0`)?.mark, 'a=b')
  assert.equal(read(`${gatewayMark}=\0`)?.mark, '')
  assert.equal(read(`${gatewayMark}=reference\0`)?.parentPid, 3)
  assert.equal(read(`MY_${gatewayMark}=reference\0`), undefined)
  assert.equal(read(`${gatewayMark}\0`), undefined)
  assert.equal(read('PATH=/bin\0'), undefined)
  assert.equal(read(`${gatewayMark}=reference\0`, ''), undefined)
  assert.equal(
    readMarkedProcess(7, () => undefined),
    undefined,
  )
})

test('processes that share a file system have the same mount namespace, and an ended process has none', {
  skip,
  timeout,
}, async (t) => {
  const { pid, kill } = await listen(t)
  assert.match(mountsOf('self') ?? '', /^mnt:\[\d+\]$/)
  assert.equal(mountsOf(pid), mountsOf('self'))
  await kill()
  assert.equal(mountsOf(pid), undefined)
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { platform } from 'node:os'
import { type TestContext, test } from 'node:test'
import { freePorts } from '../../test/fixtures/free-port.ts'
import { EnvironmentError } from '../base/errors.ts'
import type { Death } from './child.ts'
import { healthFault, waitUntilHealthy } from './readiness.ts'

const timeout = 10_000
const never = new Promise<Death>(() => {})
const alive = { name: 'mock', died: never, lastLines: () => ['still loading'] }
const signal = new AbortController().signal

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.after(() => server.close().closeAllConnections())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
}

test('it resolves at the first 200, whatever the earlier answers were, and keeps no connection open', {
  timeout,
}, async (t) => {
  const answers = [503, 500, 302, 200]
  const paths: string[] = []
  const sockets = new Set<Socket>()
  const url = await serve(t, ({ url: path = '', socket }, response) => {
    paths.push(path)
    sockets.add(socket)
    response.writeHead(answers.shift() ?? 500, { location: '/elsewhere' }).end()
  })
  await waitUntilHealthy({ url, child: alive, timeoutMs: 5000, signal })
  assert.deepEqual(paths, Array(4).fill('/health'))
  assert.equal(sockets.size, 4)
})

test('with a tcp: URL, an accepted connection means ready, and no connection is left open', { timeout }, async (t) => {
  const [port] = await freePorts(1)
  const url = `tcp://127.0.0.1:${port}`
  assert.equal(await healthFault(url), 'ECONNREFUSED')
  const healthy = waitUntilHealthy({ url, child: alive, timeoutMs: 5000, signal })
  const left = Promise.withResolvers<void>()
  const server = createServer().on('connection', (socket) => socket.once('close', () => left.resolve()))
  server.listen(port, '127.0.0.1')
  t.after(() => server.close())
  await healthy
  await left.promise
})

test('it waits for a port that is opened later', { timeout }, async (t) => {
  const [port] = await freePorts(1)
  const healthy = waitUntilHealthy({ url: `http://127.0.0.1:${port}/`, child: alive, timeoutMs: 5000, signal })
  const server = createServer((_, response) => response.end()).listen(port, '127.0.0.1')
  t.after(() => server.close())
  await healthy
})

test('after the timeout, the error names the child, the last answer and its last lines', { timeout }, async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(503).end())
  await assert.rejects(waitUntilHealthy({ url, child: alive, timeoutMs: 150, signal }), (error) => {
    assert.ok(error instanceof EnvironmentError)
    assert.equal(
      error.message,
      `mock was not healthy within 0.1 s at ${url} (HTTP 503); its last lines:\n  still loading`,
    )
    return true
  })
})

test('the timeout also applies to a server that never answers', { timeout }, async (t) => {
  const url = await serve(t, () => {})
  await assert.rejects(waitUntilHealthy({ url, child: alive, timeoutMs: 150, signal }), /no answer yet/)
})

test('a child that dies ends the wait at once, with its last lines', { timeout }, async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(503).end())
  const died = Promise.resolve({ name: 'mock', how: 'exit status 3', lastLines: ['no memory'] })
  await assert.rejects(waitUntilHealthy({ url, child: { ...alive, died }, timeoutMs: 60_000, signal }), (error) => {
    assert.ok(error instanceof EnvironmentError)
    assert.match(error.message, /^mock ended with exit status 3; its last lines:\n {2}no memory\n/)
    return true
  })
})

test('an abort ends the wait with its own reason', { timeout }, async (t) => {
  const abort = new AbortController()
  const reason = new Error('interrupted')
  const url = await serve(t, () => abort.abort(reason))
  const waiting = waitUntilHealthy({ url, child: alive, timeoutMs: 60_000, signal: abort.signal })
  await assert.rejects(waiting, (error) => error === reason)
})

test('a 200 from a server that does not know the name that we gave to ours is refused at once', {
  timeout,
}, async (t) => {
  const names = ['ours', 'theirs', undefined]
  const urls = await Promise.all(
    names.map((name) =>
      serve(t, (_, response) =>
        response.writeHead(200, name === undefined ? {} : { 'x-ccr-sse-stress-instance': name }).end('ok'),
      ),
    ),
  )
  const [ours, ...others] = urls as [string, ...string[]]
  await waitUntilHealthy({ url: ours, child: alive, timeoutMs: 60_000, signal, instance: 'ours' })
  for (const url of others) {
    assert.equal(await healthFault(url, { instance: 'ours' }), 'another server answers')
    await assert.rejects(waitUntilHealthy({ url, child: alive, timeoutMs: 60_000, signal, instance: 'ours' }), {
      name: 'EnvironmentError',
      message: new RegExp(`^${url} is not answered by mock, but by node \\(pid ${process.pid}\\)`),
    })
  }
})

test('an answer on the port of a child that does not listen there is refused at once, whatever the answer', {
  timeout,
  skip: platform() !== 'linux' && 'needs /proc',
}, async (t) => {
  const other = spawn('sleep', ['1000'])
  t.after(() => other.kill('SIGKILL'))
  const child = { ...alive, name: 'nginx', pid: other.pid as number }
  const healthy = await serve(t, (_, response) => response.end())
  const loading = await serve(t, (_, response) => response.writeHead(503).end())
  for (const url of [healthy, loading, `tcp://${new URL(healthy).host}`])
    await assert.rejects(
      waitUntilHealthy({ url, child, timeoutMs: 60_000, signal }),
      /^EnvironmentError: \S+ is not answered by nginx/,
    )
  await waitUntilHealthy({ url: healthy, child: { ...child, pid: process.pid }, timeoutMs: 60_000, signal })
})

test('the process that listens may be one that the child left in its session', {
  timeout,
  skip: platform() !== 'linux' && 'needs /proc',
}, async (t) => {
  const [port] = await freePorts(1)
  const server = `require('http').createServer((_, r) => r.end()).listen(${port}, '127.0.0.1')`
  // The shell between them ends, so that the server is not its descendant any more.
  const leader = spawn('/bin/sh', ['-c', '("$@" &); exec sleep 1000', 'sh', process.execPath, '-e', server], {
    detached: true,
  })
  t.after(() => process.kill(-(leader.pid as number), 'SIGKILL'))
  const child = { ...alive, pid: leader.pid as number }
  await waitUntilHealthy({ url: `http://127.0.0.1:${port}/`, child, timeoutMs: 60_000, signal })
})

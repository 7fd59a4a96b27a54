import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { platform } from 'node:os'
import { describe, it, type TestContext } from 'node:test'
import { until } from '../../test/fixtures/until.ts'
import { describeAbstractSocket, describeListener, holderOf, readSockets } from './sockets.ts'

const options = { skip: platform() !== 'linux' && 'needs /proc', timeout: 20_000 }

/** The change in this process's sockets since an earlier reading. */
function since(before: ReturnType<typeof readSockets>) {
  const now = readSockets(process.pid)
  assert.ok(before && now)
  return {
    upstream: now.upstreamSockets - before.upstreamSockets,
    closeWait: now.closeWaitSockets - before.closeWaitSockets,
    descriptors: now.descriptors - before.descriptors,
  }
}

async function connected(t: TestContext) {
  const accepted: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(socket.resume()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
  })
  const before = readSockets(process.pid)
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => client.destroy())
  await once(client, 'connect')
  await until(() => accepted.length === 1)
  return { before, client, accepted }
}

describe('the sockets of a process', options, () => {
  it('are upstream connections only if the process opened them, not if it accepted them', async (t) => {
    const { before } = await connected(t)
    assert.deepEqual(since(before), { upstream: 1, closeWait: 0, descriptors: 2 })
  })

  it('are in CLOSE_WAIT after the peer has closed, until they are closed', async (t) => {
    const { before, client, accepted } = await connected(t)
    client.end()
    await until(() => since(before).closeWait === 1)
    accepted[0]?.destroy()
    await until(() => since(before).closeWait === 0 && since(before).descriptors === 0)
  })

  it('are unknown for a process that does not exist', () => {
    assert.equal(readSockets(2 ** 22 + 1), undefined)
  })
})

/** Listens with the options and returns the port. */
async function listening(t: TestContext, listen: { host: string; port?: number; reusePort?: boolean }) {
  const server = createServer().listen({ port: 0, ...listen })
  t.after(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A child process that runs a script in its own session. */
async function startChild(t: TestContext, script: string) {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('up'); setInterval(() => {}, 1e6)`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid as number
}

describe('the holder of a port', options, () => {
  it('is us, whether we or a child listen, on the address or on all of them', async (t) => {
    for (const host of ['127.0.0.1', '0.0.0.0', '::'])
      assert.equal(holderOf(await listening(t, { host }), process.pid), 'ours', host)
    const port = await listening(t, { host: '127.0.0.1' })
    assert.equal(describeListener(port), `node (pid ${process.pid})`)
  })

  it('is another process, even if it has ended or never existed', async (t) => {
    const port = await listening(t, { host: '127.0.0.1' })
    for (const pid of [await startChild(t, ''), 2 ** 22 + 1]) assert.equal(holderOf(port, pid), 'foreign')
  })

  it('is another process if it shares the port with us', async (t) => {
    const shared = { host: '127.0.0.1', reusePort: true }
    const port = await listening(t, shared)
    const text = JSON.stringify({ ...shared, port })
    const pid = await startChild(t, `require('net').createServer().listen(${text})`)
    await until(() => holderOf(port, process.pid) === 'ours')
    assert.equal(holderOf(port, pid), 'foreign')
  })

  it('is unknown if no process listens, or only on another address', async (t) => {
    const port = await listening(t, { host: '127.0.0.2' })
    assert.equal(holderOf(port, process.pid), 'unknown')
    assert.equal(describeListener(port), undefined)
  })
})

it('an abstract Unix socket is found by its name, and only by the complete name', options, async (t) => {
  const name = `ccr-sse-stress.test.${process.pid}`
  const server = createServer().listen({ path: `\0${name}` })
  t.after(() => server.close())
  await once(server, 'listening')
  assert.equal(describeAbstractSocket(name), `node (pid ${process.pid})`)
  assert.equal(describeAbstractSocket(name.slice(0, -1)), undefined)
})

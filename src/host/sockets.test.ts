import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { platform } from 'node:os'
import { describe, it, type TestContext } from 'node:test'
import { until } from '../../test/fixtures/until.ts'
import { readSockets } from './sockets.ts'

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

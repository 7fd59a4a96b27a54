import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { script, startCli } from './fixtures/cli.ts'

const args = ['mock', '--host', '127.0.0.1', '--port', '0', '--log-level', 'info']
const listens = /"url":"(http:\/\/127\.0\.0\.1:(\d+))"/

/** Starts the mock as a child with an IPC channel, as the local topology does. */
function forkMock(t: TestContext): ChildProcess {
  const child = fork(script, args, { silent: true })
  t.after(() => child.kill('SIGKILL'))
  return child
}

async function untilListening(child: ChildProcess): Promise<void> {
  let text = ''
  child.stderr?.setEncoding('utf8')
  for await (const piece of child.stderr?.iterator({ destroyOnReturn: false }) ?? []) {
    text += piece
    if (listens.test(text)) break
  }
  child.stderr?.resume()
}

describe('a server command', { timeout: 60_000 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with status 0 on ${signal} while a client is connected, and frees its port`, async (t) => {
      const mock = startCli(args)
      t.after(() => mock.child.kill('SIGKILL'))
      const port = Number((await mock.saw(listens))[2])
      const client = connect(port, '127.0.0.1')
      await once(client, 'connect')
      // An aborted connection may appear as a reset.
      client.on('error', () => undefined)
      mock.child.kill(signal)
      const { status, signal: killedBy, stdout, stderr } = await mock.ended
      assert.deepEqual([status, killedBy], [0, null], stderr)
      assert.equal(stdout, '')
      const again = createServer().listen(port, '127.0.0.1')
      await once(again, 'listening')
      again.close()
    })
  }

  it('ends with status 0 when its parent closes the IPC channel', async (t) => {
    const child = forkMock(t)
    await untilListening(child)
    const ended = once(child, 'exit')
    child.disconnect()
    assert.deepEqual(await ended, [0, null])
  })

  it('ends with status 0 when its parent closes the channel before it listens', async (t) => {
    const child = forkMock(t)
    const ended = once(child, 'exit')
    child.disconnect()
    assert.deepEqual(await ended, [0, null])
  })

  it('ends with status 4 and one line if its port is in use', async (t) => {
    const first = startCli(args)
    t.after(() => first.child.kill('SIGKILL'))
    const port = (await first.saw(listens))[2] as string
    const { status, stderr } = await startCli(['mock', '--port', port]).ended
    assert.equal(status, 4)
    assert.match(stderr, new RegExp(`^error: .*:${port}: the port is in use.*\\n$`))
  })

  it('ends with status 4 at once if its port is in use and its parent holds an IPC channel to it', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1')
    t.after(() => taken.close())
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const commands = [['mock'], ['mock', '--workers', '2'], ['gateway'], ['proxy', '--upstream', 'http://127.0.0.1:1']]
    const ends = commands.map(async (command) => {
      const child = fork(script, [...command, '--host', '127.0.0.1', '--port', `${port}`], { silent: true })
      t.after(() => child.kill('SIGKILL'))
      return { command, end: await once(child, 'exit') }
    })
    for (const { command, end } of await Promise.all(ends)) assert.deepEqual(end, [4, null], command.join(' '))
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { runCli, startCli } from '../../test/fixtures/cli.ts'
import { watch } from '../../test/fixtures/toxic-wire.ts'

const listens = /"url":"http:\/\/127\.0\.0\.1:(\d+)"/

/** Starts an echo server and returns its URL. */
async function echoUrl(t: TestContext): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

describe('the command `proxy`', { timeout: 60_000 }, () => {
  it('passes bytes through all of its toxics until a signal ends it with status 0', async (t) => {
    const words = ['--toxic', 'latency=5ms', '--toxic=limit_data=6,stream=upstream', '--seed', '7', '--port', '0']
    const proxy = startCli(['proxy', '--upstream', await echoUrl(t), ...words])
    t.after(() => proxy.child.kill('SIGKILL'))
    const port = Number((await proxy.saw(listens))[1])
    const cut = watch(connect(port, '127.0.0.1'))
    cut.socket.write('abcdefghi')
    await cut.over
    const open = watch(connect(port, '127.0.0.1'))
    open.socket.write('abc')
    await open.until(3)
    assert.equal(open.bytes().toString(), 'abc')
    proxy.child.kill('SIGTERM')
    const { status, signal, stdout, stderr } = await proxy.ended
    assert.deepEqual([status, signal, stdout], [0, null, ''], stderr)
    await open.over
  })

  it('exits with status 4 and one line if its port is in use', async (t) => {
    const port = new URL(await echoUrl(t)).port
    const { status, stderr } = await runCli(['proxy', '--port', port])
    assert.equal(status, 4)
    assert.match(stderr, new RegExp(`^error: .*:${port}: the port is in use.*\\n$`))
  })

  const wrong: readonly (readonly [words: readonly string[], pattern: RegExp])[] = [
    [['--toxic', 'latncy=20ms'], /--toxic: unknown toxic, must be one of .*got "latncy"\)\. Did you mean latency\?/],
    [['--toxic', 'latency=20'], /--toxic: latency must be a time.*got "20"/],
    [['--toxic', 'latency=20ms', '--toxic', 'slicer=0'], /--toxic: .*average_size.*got "0"/],
    [['--toxic='], /--toxic: unknown toxic.*got ""/],
    [['--toxic'], /toxic/],
    [['--toxics', 'latency=20ms'], /Did you mean --toxic\?/],
    [['--port', '65536'], /--port: must be a whole number from 0 to 65535 \(got "65536"\)/],
    [['--port', '1', '--port', '2'], /--port: can be passed only once \(got 2 values\)/],
    [['--upstream', '127.0.0.1:3456'], /--upstream: must be a URL/],
    [['--upstream', 'http://127.0.0.1:3457'], /--upstream: must differ from the proxy's own address/],
    [['--seed', '-1'], /--seed: must be a whole number/],
    [['--host='], /--host: must be text/],
    [['--log-level', 'loud'], /--log-level: must be one of/],
  ]
  for (const [words, pattern] of wrong)
    it(`rejects \`${words.join(' ')}\` with status 64 and one line that says why`, async () => {
      const { status, stdout, stderr } = await runCli(['proxy', ...words])
      assert.match(stderr, pattern)
      assert.deepEqual([status, stdout], [64, ''])
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
    })

  it('reports every mistake in several toxics, one per line', async () => {
    const words = ['--toxic', 'latency=1ms,jitter=2', '--toxic', 'x=1,toxicity=2', '--seed', 'y']
    const { status, stderr } = await runCli(['proxy', ...words])
    assert.equal(status, 64)
    assert.deepEqual(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => /--[a-z]+.*got .*/.exec(line)?.[0].replace(/: .*got/, '')),
      ['--seed "y").', '--toxic "2").', '--toxic "x").', '--toxic "2").'],
    )
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CliRun, script, startCommand } from './fixtures/cli.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { until } from './fixtures/until.ts'

const command = [process.execPath, script]

test('SIGHUP is reported as SIGHUP, and is ignored with nohup or in a shell that ignores it', async (t) => {
  const folder = temporaryFolder(t)
  /** Starts a load whose one stream gets no answer, and returns when it is connected. */
  const start = async (words: readonly string[]): Promise<CliRun> => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    t.after(() => silent.close())
    const connected = once(silent, 'connection')
    const { port } = silent.address() as { port: number }
    const args = ['stress', '--ccr-url', `http://127.0.0.1:${port}`, '--streams', '1', '--out', folder]
    const run = startCommand([...words, ...command, ...args], { _: '', STREAMS: '' })
    t.after(() => run.child.kill('SIGKILL'))
    await Promise.race([connected, run.ended.then(({ stderr }) => assert.fail(stderr))])
    return run
  }
  const hungUp = async (words: readonly string[]) => {
    const run = await start(words)
    run.child.kill('SIGHUP')
    const { status, stdout, stderr } = await run.ended
    assert.equal(status, 129, stderr)
    assert.match(stdout, /Interrupted by SIGHUP before any stream ended/)
    assert.match(stderr, /^starting the load: 1 streams?$/m)
  }
  const survives = async (shell: string) => {
    // A SIGTERM for the shell becomes a SIGHUP and a SIGTERM for the command.
    const script = `${shell} & p=$!; trap 'kill -HUP $p; kill -TERM $p' TERM; wait; wait $p`
    const run = await start(['bash', '-c', script, 'bash'])
    run.child.kill('SIGTERM')
    const { status, stdout, stderr } = await run.ended
    assert.equal(status, 143, stderr)
    assert.match(stdout, /Interrupted by SIGTERM/)
  }
  await Promise.all([hungUp([]), hungUp(['setsid']), survives('nohup "$@"'), survives('trap "" HUP; "$@"')])
})

const skip = !existsSync('/usr/bin/script') && 'needs script, which opens a terminal'

test('below setsid, a run ends with its own status although its terminal is gone', { skip }, async (t) => {
  const folder = temporaryFolder(t)
  const sockets = new Set<Socket>()
  let isOver = false
  const server = createServer((socket) => (isOver ? socket.destroy() : sockets.add(socket))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const connected = once(server, 'connection')
  const { port } = server.address() as { port: number }
  const args = ['stress', '--ccr-url', `http://127.0.0.1:${port}`, '--streams', '1', '--out', join(folder, 'results')]
  const status = join(folder, 'status')
  const inTerminal = `setsid -w bash -c '${[...command, ...args].join(' ')}; echo $? >${status}'`
  const terminal = startCommand(['script', '-qec', inTerminal, '/dev/null'], { TERM: 'xterm' })
  await Promise.race([connected, terminal.ended.then(({ stdout }) => assert.fail(stdout))])
  terminal.child.kill('SIGKILL')
  await once(terminal.child, 'exit')
  isOver = true
  for (const socket of sockets) socket.destroy()
  await until(async () => existsSync(status) && readFileSync(status, 'utf8') !== '')
  assert.equal(readFileSync(status, 'utf8'), '2\n')
  assert.match(readFileSync(join(folder, 'results/latest/report.txt'), 'utf8'), /RESULT: FAIL - 1\/1 streams failed/)
})

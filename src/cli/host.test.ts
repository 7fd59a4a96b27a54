import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { until } from '../../test/fixtures/until.ts'

const module = new URL('./host.ts', import.meta.url).href
// It cannot exit, like a process that waits for somebody to read its pipe.
const script = `
  const { createHost, sayIfKilled } = await import(${JSON.stringify(module)})
  const host = createHost(() => undefined)
  sayIfKilled(host, 'the files')
  host.signal.addEventListener('abort', () => console.error('first'))
  process.on('exit', () => {
    console.error('exiting')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
  console.error('up')
  setInterval(() => {}, 1e6)`

test('the first Ctrl-C aborts, the second says that files may be incomplete and exits, and the third kills', {
  timeout: 20_000,
}, async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'exit')
  for (const line of ['up\n', 'first\n', 'exiting\n']) {
    await until(() => said.includes(line))
    child.kill('SIGINT')
  }
  assert.deepEqual(await ended, [null, 'SIGINT'])
  const killed = 'killed while writing the files, which may be incomplete; the report above is complete'
  assert.equal(said, `up\nfirst\n${killed}\nexiting\n`)
})

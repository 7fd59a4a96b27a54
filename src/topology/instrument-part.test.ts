import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fin, startScriptServer } from '../../test/fixtures/script-server.ts'
import { partAt } from './instrument-part.ts'

const deaf = fileURLToPath(new URL('../../test/fixtures/deaf-listener.ts', import.meta.url))

const partOf = (url: string, limitMs?: number) => partAt({ part: 'mock', name: 'mock', url, limitMs })

describe('a part of the harness', () => {
  it('works if it answers 200, and is silent if it answers anything else', async () => {
    const answer = (status: string) =>
      [`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, fin] as const
    await using healthy = await startScriptServer(answer('200 OK'))
    assert.equal(await partOf(`${healthy.baseUrl}/health`).check(), undefined)
    await using broken = await startScriptServer(answer('503 Service Unavailable'))
    const url = `${broken.baseUrl}/health`
    assert.deepEqual(await partOf(url).check(), {
      state: 'silent',
      how: `no answer at ${url}: HTTP 503`,
      lastLines: [],
    })
  })

  it('is silent if it cannot be reached in time, even if nothing refuses the connection', {
    timeout: 60_000,
  }, async (t) => {
    const listener = spawn(process.execPath, [deaf], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => listener.kill('SIGKILL'))
    const [line] = await once(listener.stdout, 'data')
    const port = Number(String(line))
    // They fill its backlog.
    const waiting = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'))
    t.after(() => waiting.forEach((socket) => void socket.destroy()))
    await once(waiting[0] as (typeof waiting)[number], 'connect')
    const url = `http://127.0.0.1:${port}/health`
    assert.equal((await partOf(url, 100).check())?.how, `no answer at ${url}: ETIMEDOUT`)
  })
})

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type LoadSettings, load } from '../../test/fixtures/load.ts'
import { startScriptServer } from '../../test/fixtures/script-server.ts'
import { eventsOf, wholeStream } from '../../test/fixtures/whole-streams.ts'
import type { StreamRecord } from '../model/record.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url))

/** Runs a load in a separate process, after shell commands that set the process up. */
async function loadInChild(baseUrl: string, settings: LoadSettings, setUp = ':', env: NodeJS.ProcessEnv = {}) {
  const command = [process.execPath, fixture('load-process.ts'), baseUrl, JSON.stringify(settings)]
  const { stdout } = await promisify(execFile)('sh', ['-c', `${setUp}; exec "$0" "$@"`, ...command], {
    env: { ...process.env, ...env },
  })
  return JSON.parse(stdout) as StreamRecord[]
}

/** Number of streams per outcome, such as `whole` or `connect_failed at connect`. */
function failures(records: readonly StreamRecord[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of records) {
    const name = outcome.state === 'failed' ? `${outcome.kind} at ${outcome.phase}` : outcome.state
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe('a stream', { concurrency: true }, () => {
  it('fails with local_resource if it gets no file descriptor, and the other streams do not fail', async () => {
    const server = await startScriptServer([])
    try {
      const counts = failures(await loadInChild(server.baseUrl, { streams: 64, timeoutS: 2 }, 'ulimit -n 48'))
      const { 'local_resource at connect': without = 0, 'headers_timeout at headers': open = 0 } = counts
      assert.equal(without + open, 64, JSON.stringify(counts))
      assert.ok(without >= 16 && open > 0, JSON.stringify(counts))
      assert.equal(server.connections.total, open)
    } finally {
      await server[Symbol.asyncDispose]()
    }
  })

  it('times out while connecting if its SYN is not answered', async () => {
    const listener = spawn(process.execPath, [fixture('deaf-listener.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [port] = await once(listener.stdout.setEncoding('utf8'), 'data')
      const { records } = await load(`http://127.0.0.1:${Number(port)}`, { streams: 8, timeoutS: 0.7 })
      const counts = failures(records)
      const { 'connect_timeout at connect': unanswered = 0, 'headers_timeout at headers': inBacklog = 0 } = counts
      assert.equal(unanswered + inBacklog, 8, JSON.stringify(counts))
      assert.ok(unanswered > 0 && inBacklog > 0, JSON.stringify(counts))
    } finally {
      listener.kill('SIGKILL')
    }
  })
})

describe('a stream over TLS', { concurrency: true }, () => {
  const certificate = fixture('tls/localhost.crt')
  const events = eventsOf(wholeStream['openai-chat-completions'](['one ', 'two ']))

  async function withTlsServer(use: (port: number) => Promise<void>) {
    const tls = { cert: readFileSync(certificate), key: readFileSync(fixture('tls/localhost.key')) }
    const server = createServer(tls, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const event of events) response.write(event)
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      await use((server.address() as AddressInfo).port)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  }

  for (const host of ['localhost', '127.0.0.1']) {
    it(`is complete if the server's certificate is valid for ${host}`, () =>
      withTlsServer(async (port) => {
        const trust = { NODE_EXTRA_CA_CERTS: certificate }
        const records = await loadInChild(`https://${host}:${port}`, { streams: 20 }, undefined, trust)
        assert.deepEqual(failures(records), { whole: 20 })
        for (const { bytes, events: seen } of records) {
          assert.equal(bytes, Buffer.byteLength(events.join('')))
          assert.equal(seen, events.length)
        }
      }))
  }

  it('fails to connect if the certificate is not trusted', () =>
    withTlsServer(async (port) => {
      const { records } = await load(`https://localhost:${port}`)
      assert.deepEqual(failures(records), { 'connect_failed at connect': 1 })
      assert.match(JSON.stringify(records[0]?.outcome), /certificate/)
    }))

  it('fails to connect if the server does not support TLS', async () => {
    const server = await startScriptServer(['HTTP/1.1 400 Bad\r\n\r\n'])
    try {
      const { records } = await load(server.baseUrl.replace('http:', 'https:'), { timeoutS: 0.5 })
      assert.match(Object.keys(failures(records)).join(), /^connect_(failed|timeout) at connect$/)
    } finally {
      await server[Symbol.asyncDispose]()
    }
  })
})

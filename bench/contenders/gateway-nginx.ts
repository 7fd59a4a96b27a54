import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gatewayTable } from '../../src/gateways/gateway-table.ts'
import { renderTemplate, templateValues } from '../../src/gateways/launch.ts'
import { freePort } from '../../test/fixtures/free-port.ts'
import type { GatewayTask } from '../messages.ts'
import { readTask, serve } from './parent.ts'

/** Timeout until nginx answers, in ms. */
const readyMs = 5_000

const { upstream } = readTask<GatewayTask>()
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const folder = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-bench-'))
const setup = { port, upstreamOrigin: new URL(upstream).origin, home: folder, model: 'mock-model', streamMs: 0 }
const values = templateValues(gatewayTable.nginx, setup)
await writeFile(join(folder, 'nginx.conf'), await renderTemplate('nginx/nginx.conf.template', values))
const nginx = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
const exited = once(nginx, 'exit')
const close = async () => {
  nginx.kill('SIGTERM')
  await exited
  await rm(folder, { recursive: true, force: true })
}

try {
  await Promise.race([ready(), exited.then(() => Promise.reject(new Error('nginx ended as it started')))])
} catch (cause) {
  await close()
  throw cause
}
await serve({ url, pid: nginx.pid as number, report: () => ({}), close })

async function ready(): Promise<void> {
  const giveUp = AbortSignal.timeout(readyMs)
  for (;;) {
    giveUp.throwIfAborted()
    try {
      if ((await fetch(`${url}/health`, { signal: giveUp })).ok) return
    } catch (cause) {
      // `fetch failed`: the port is not open yet.
      if (!(cause instanceof TypeError)) throw cause
    }
    await sleep(20)
  }
}

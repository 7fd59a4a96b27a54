import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { nginxVersion } from '../../bench/nginx.ts'
import { nginxConfig } from '../../bench/nginx-config.ts'
import { freePort } from '../fixtures/free-port.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { plan, startGateway, startMockCommand, stress } from './stress-gateway.ts'

const installed = nginxVersion(process.env) !== undefined

for (const streams of [100, 300]) {
  test(`${streams} streams arrive whole through nginx`, {
    skip: !installed && 'nginx is not installed: apt-get install nginx-light',
  }, async (t) => {
    const folder = temporaryFolder(t)
    const mock = await startMockCommand(t)
    const port = await freePort()
    await writeFile(join(folder, 'nginx.conf'), nginxConfig(port, mock))
    await startGateway(
      t,
      'nginx',
      ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'],
      `http://127.0.0.1:${port}/health`,
      process.env,
    )
    const { status, stdout, json } = await stress(folder, [
      '--ccr-url',
      `http://127.0.0.1:${port}`,
      '--streams',
      `${streams}`,
      '--protocol',
      'openai-chat-completions',
    ])
    assert.equal(status, 0, stdout)
    assert.equal(json.report.successful, streams)
    assert.equal(json.report.peak_concurrent, streams)
    assert.equal(json.report.total_deltas, streams * plan.chunks)
  })
}

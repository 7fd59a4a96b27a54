import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../free-port.ts'
import { plan, startGateway, startMockCommand, stress, testFolder } from './stress-gateway.ts'

/** One worker that passes bytes on as they come; everything it writes stays in its folder. */
const configuration = (port: number, upstream: string) => `
daemon off; pid nginx.pid; worker_processes 1; error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream mock { server ${new URL(upstream).host}; keepalive 512; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /health { return 200 ok; }
    location / {
      proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_next_upstream off; proxy_read_timeout 120s;
    }
  }
}`

const installed = spawnSync('nginx', ['-v']).status === 0

for (const streams of [100, 300]) {
  test(`${streams} streams arrive whole through nginx`, {
    skip: !installed && 'nginx is not installed: apt-get install nginx-light',
  }, async (t) => {
    const folder = await testFolder(t)
    const mock = await startMockCommand(t)
    const port = await freePort()
    await writeFile(join(folder, 'nginx.conf'), configuration(port, mock))
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

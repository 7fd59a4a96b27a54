import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testHost } from '../../test/fixtures/host.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { GatewayDescriptor } from './descriptor.ts'
import { gatewayTable, type InstallableName, installableNames } from './gateway-table.ts'
import { prepareLaunch } from './launch.ts'

const env = {
  PATH: '/bin',
  LANG: 'C',
  OPENAI_API_KEY: 'canary',
  HTTPS_PROXY: 'canary',
  NODE_OPTIONS: 'canary',
  HOME: '/x',
}

async function launch(t: TestContext, name: InstallableName, isRoot = false) {
  const home = temporaryFolder(t)
  const descriptor: GatewayDescriptor = gatewayTable[name]
  const installed = { program: `/opt/${name}/bin/program`, version: '1.2.3' }
  const setup = { port: 3456, upstreamOrigin: 'http://127.0.0.1:9999', home, model: 'm', streamMs: 1000 }
  return { home, launch: await prepareLaunch({ ...installed, descriptor }, setup, testHost({ env }), isRoot) }
}

for (const name of installableNames)
  test(`${name} is launched in its own folder, without the user's keys, proxies and Node options`, async (t) => {
    const { home, launch: made } = await launch(t, name)
    assert.equal(made.env['HOME'], home)
    assert.equal(made.env['PATH'], '/bin')
    assert.equal(made.cwd, home)
    assert.doesNotMatch(JSON.stringify(made), /canary/)
    assert.equal(made.identity.kind, 'installed')
    assert.equal(made.identity.version, '1.2.3')
    assert.match(made.identity.name, /^\S+ 1\.2\.3( \(.+\))?$/)
    assert.match(made.healthUrl, /^(http|tcp):\/\/127\.0\.0\.1:3456/)
  })

test('a configuration is readable only by its user, and is where the gateway looks for it', async (t) => {
  const { home } = await launch(t, 'claude-code-router')
  const file = join(home, '.claude-code-router', 'config.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).PORT, 3456)
})

test('nginx runs its workers as root if root starts it, and its identity names variant and idle timeout', async (t) => {
  const [root, user] = await Promise.all([launch(t, 'nginx', true), launch(t, 'nginx')])
  assert.deepEqual(root.launch.args.slice(-2), ['-g', 'user root;'])
  assert.ok(!user.launch.args.includes('-g'))
  assert.equal(user.launch.name, 'nginx 1.2.3 (tuned)')
  assert.ok(user.launch.identity.settings.includes('proxy_read_timeout 600 s'))
})

test("Portkey's preload gets the request headers, which contain the mock's URL", async (t) => {
  const { launch: made } = await launch(t, 'portkey')
  assert.deepEqual(JSON.parse(made.env['REQUEST_HEADERS'] ?? ''), {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': 'http://127.0.0.1:9999/v1',
    authorization: 'Bearer none',
  })
})

import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { GatewayDescriptor } from './descriptor.ts'
import { gatewayTable, installableNames, isInstallable } from './gateway-table.ts'
import { howToInstall } from './how-to-install.ts'
import { configOf, givenTo } from './launch.ts'

const config = fileURLToPath(new URL('../../config/gateways/', import.meta.url))
const descriptors: readonly (readonly [string, GatewayDescriptor])[] = Object.entries(gatewayTable)
const place = { port: 3456, upstreamOrigin: 'http://127.0.0.1:9999', home: '/home/of/the/run', streamMs: 1000 }

for (const [name, descriptor] of descriptors) {
  test(`each file that ${name} is given is whole, and names the mock and the idle limit`, async () => {
    const given = givenTo({ ...place, descriptor, idleLimitMs: 1500 })
    for (const template of Object.values(descriptor.files)) {
      const text = await configOf(template, given)
      assert.doesNotMatch(text, /\{\{\w|undefined/)
      assert.match(text, /9999/)
      assert.match(text, /\b1500(ms|,)|\b1\.5(s| })/, 'its idle limit')
    }
  })

  test(`${name} speaks a protocol, is asked for a model, and is had in one version or the system's`, () => {
    const spoken = Object.values(descriptor.protocols)
    assert.ok(spoken.length > 0 && spoken.every(({ model }) => model !== ''))
    if (descriptor.installation.by !== 'apt') assert.match(descriptor.installation.version, /^\d+\.\d+\.\d+$/)
    assert.ok(howToInstall(name as keyof typeof gatewayTable).startsWith(`ccr-sse-stress gateways install ${name} (`))
  })
}

test('each template below config/gateways is one that a gateway is given', () => {
  const used = descriptors.flatMap(([, { files }]) => Object.values(files))
  assert.deepEqual(globSync('**/*.template', { cwd: config }).sort(), used.toSorted())
  assert.ok(used.every((template) => existsSync(`${config}${template}`)))
})

test("the configuration of claude-code-router is JSON with the mock's full URL, and its deadline outlasts the plan", async () => {
  const descriptor: GatewayDescriptor = gatewayTable['claude-code-router']
  const given = givenTo({ ...place, descriptor, streamMs: 3_600_000 })
  const parsed = JSON.parse(await configOf('claude-code-router/config.json.template', given))
  assert.equal(parsed.PORT, 3456)
  assert.equal(parsed.API_TIMEOUT_MS, 7_200_000)
  assert.equal(parsed.Providers[0].api_base_url, 'http://127.0.0.1:9999/v1/chat/completions')
})

test('an idle limit is the one asked for, else its own, else longer than any silence of the plan', () => {
  const idleMs = (name: keyof typeof gatewayTable, more: { idleLimitMs?: number; streamMs?: number } = {}) =>
    givenTo({ ...place, descriptor: gatewayTable[name], ...more }).idleMs
  assert.deepEqual([idleMs('nginx'), idleMs('nginx-default')], [600_000, 60_000])
  assert.equal(idleMs('nginx', { streamMs: 400_000 }), 800_000)
  assert.equal(idleMs('nginx-default', { idleLimitMs: 700 }), 700)
})

test('the names of the table are those that can be installed, and no others', () => {
  assert.ok(installableNames.every(isInstallable))
  for (const name of ['ccr-rust', 'reference', 'direct', 'auto', 'toString', '']) assert.ok(!isInstallable(name), name)
})

import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { GatewayDescriptor } from './descriptor.ts'
import { gatewayTable, installableNames, isInstallable } from './gateway-table.ts'
import { howToInstall } from './install.ts'
import { renderTemplate, templateValues } from './launch.ts'

const config = fileURLToPath(new URL('../../config/gateways/', import.meta.url))
const descriptors: readonly (readonly [string, GatewayDescriptor])[] = Object.entries(gatewayTable)
const place = {
  port: 3456,
  upstreamOrigin: 'http://127.0.0.1:9999',
  home: '/home/of/the/run',
  model: 'm',
  streamMs: 1000,
}

for (const [name, descriptor] of descriptors) {
  test(`every file of ${name} has its placeholders filled in, and names the mock and the idle timeout`, async () => {
    const values = templateValues(descriptor, { ...place, idleLimitMs: 1500 })
    for (const content of Object.values(descriptor.files)) {
      const text = typeof content === 'string' ? await renderTemplate(content, values) : content(values)
      assert.doesNotMatch(text, /\{\{\w|undefined/)
      assert.match(text, /9999/)
      assert.match(text, /\b1500(ms|,)|\b1\.5(s| })/, 'its idle limit')
    }
  })

  test(`${name} has a protocol with a model, and is installed in a pinned version or in the system's`, () => {
    const spoken = Object.values(descriptor.protocols)
    assert.ok(spoken.length > 0 && spoken.every(({ model }) => model !== ''))
    if (!isInstallable(name)) return
    if ('version' in descriptor.installation) assert.match(descriptor.installation.version, /^\d+\.\d+\.\d+$/)
    assert.ok(howToInstall(name).startsWith(`ccr-sse-stress gateways install ${name} (`))
  })
}

test('every template in config/gateways belongs to a gateway', () => {
  const used = descriptors
    .flatMap(([, { files }]) => Object.values(files))
    .filter((content) => typeof content === 'string')
  assert.deepEqual(globSync('**/*.template', { cwd: config }).sort(), used.toSorted())
  assert.ok(used.every((template) => existsSync(`${config}${template}`)))
})

test("the configuration of claude-code-router is JSON with the mock's full URL, and its timeout is longer than the plan", async () => {
  const descriptor: GatewayDescriptor = gatewayTable['claude-code-router']
  const values = templateValues(descriptor, { ...place, streamMs: 3_600_000 })
  const parsed = JSON.parse(await renderTemplate('claude-code-router/config.json.template', values))
  assert.equal(parsed.PORT, 3456)
  assert.equal(parsed.API_TIMEOUT_MS, 7_200_000)
  assert.equal(parsed.Providers[0].api_base_url, 'http://127.0.0.1:9999/v1/chat/completions')
})

test("the idle timeout is the requested one, else the gateway's own, else longer than any silence in the plan", () => {
  const idleMs = (name: keyof typeof gatewayTable, more: { idleLimitMs?: number; streamMs?: number } = {}) =>
    templateValues(gatewayTable[name], { ...place, ...more }).idleMs
  assert.deepEqual([idleMs('nginx'), idleMs('nginx-default')], [600_000, 60_000])
  assert.equal(idleMs('nginx', { streamMs: 400_000 }), 800_000)
  assert.equal(idleMs('nginx-default', { idleLimitMs: 700 }), 700)
})

test('ccr-rust and the reference gateway are in the table but cannot be installed', () => {
  assert.ok(installableNames.every(isInstallable))
  for (const name of ['ccr-rust', 'reference', 'direct', 'auto', 'toString', '']) assert.ok(!isInstallable(name), name)
})

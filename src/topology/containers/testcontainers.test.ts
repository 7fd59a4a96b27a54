import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { GenericContainer } from 'testcontainers'
import { EnvironmentError } from '../../base/errors.ts'
import { internalsOf, knownTestcontainers } from './testcontainers.ts'

test('the private members of testcontainers are those of the known version', () => {
  const manifest = createRequire(import.meta.url).resolve('testcontainers/package.json')
  // A new version: read its generic-container.js, run test/docker/custom-gateway.test.ts, and raise the known version.
  assert.equal(JSON.parse(readFileSync(manifest, 'utf8')).version, knownTestcontainers)
  const container = new GenericContainer('my/gateway:1')
    .withName('mine')
    .withLabels({ mine: 'yes' })
    .withExposedPorts(7070)
    .withNetworkAliases('mine')
    .withResourcesQuota({ cpu: 0.5, memory: 0.25 })
  const { createOpts, hostConfig, exposedPorts, networkAliases } = internalsOf(container)
  assert.deepEqual(createOpts, {
    Image: 'my/gateway:1',
    name: 'mine',
    Labels: { mine: 'yes' },
    ExposedPorts: { '7070/tcp': {} },
  })
  const { PortBindings, NanoCpus, Memory } = hostConfig
  assert.deepEqual([PortBindings, NanoCpus, Memory], [{ '7070/tcp': [{ HostPort: '0' }] }, 0.5e9, 256 * 2 ** 20])
  assert.deepEqual([exposedPorts, networkAliases], [[7070], ['mine']])
})

test('a version without these members is refused, and the error names the known version', () => {
  for (const name of ['createOpts', 'hostConfig', 'exposedPorts', 'networkAliases']) {
    const container = new GenericContainer('my/gateway:1')
    Reflect.set(container, name, undefined)
    assert.throws(
      () => internalsOf(container),
      (error) => error instanceof EnvironmentError && error.message.includes(`(known: ${knownTestcontainers})`),
    )
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatewayDescriptor } from '../../src/gateways/descriptor.ts'
import { findInstalled } from '../../src/gateways/find.ts'
import { gatewayTable, installableNames } from '../../src/gateways/gateway-table.ts'
import { howToInstall } from '../../src/gateways/install.ts'
import { runCli } from '../fixtures/cli.ts'
import { runGateway } from './run-gateway.ts'

const chunks = 20

// This one is small and from npm. Other gateways are tested only if they are already installed.
const { status, stderr } = await runCli(['gateways', 'install', 'claude-code-router'])
assert.equal(status, 0, stderr)

for (const name of installableNames) {
  const descriptor: GatewayDescriptor = gatewayTable[name]
  const installed = await findInstalled(name, process.env)
  const skip = installed === undefined && `not installed: ${howToInstall(name)}`
  const loads = [100, 300].filter((streams) => streams <= descriptor.streamsOnTwoCores)
  for (const protocol of Object.keys(descriptor.protocols))
    for (const streams of loads)
      test(`${streams} streams of ${protocol} arrive complete through ${name}`, { skip }, async (t) => {
        const args = ['--protocol', protocol, '--streams', `${streams}`, '--chunks', `${chunks}`]
        const { report, gateway } = await runGateway(t, name, args)
        assert.equal(report.successful, streams)
        assert.equal(report.total_deltas, streams * chunks)
        assert.deepEqual([gateway.kind, gateway.version], ['installed', installed?.version])
        if (descriptor.activeStreams) assert.ok(report.ccr_active_streams_peak > 0)
        else assert.equal(report.ccr_active_streams_peak, null)
      })
}

const skip = (await findInstalled('nginx', process.env)) === undefined && `not installed: ${howToInstall('nginx')}`

test('the gauge of nginx counts every stream and not the query itself', { skip }, async (t) => {
  const { report } = await runGateway(t, 'nginx', ['--streams', '50', '--delay-ms', '100'])
  assert.equal(report.ccr_active_streams_peak, 50)
})

test('nginx with its defaults holds the first byte back until the last has arrived', { skip }, async (t) => {
  const plan = ['--streams', '10', '--chunks', '11', '--delay-ms', '50']
  const held = await runGateway(t, 'nginx-default', plan)
  const passed = await runGateway(t, 'nginx', plan)
  assert.ok(held.report.ttfb_p50_ms >= 500, `${held.report.ttfb_p50_ms}`)
  assert.ok(passed.report.ttfb_p50_ms < held.report.ttfb_p50_ms)
})

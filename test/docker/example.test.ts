import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { command, fixtureSource, root } from './compose.ts'
import { skip } from './engine.ts'

test('the example project passes with the packed package, installed into an empty folder', {
  skip,
  timeout: 300_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ccr-sse-stress-example-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(root, 'examples/gateway-test'), folder, { recursive: true })
  const env = {
    // npm and its children use the Node.js of this test, not an older one of the system.
    PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
    CCR_SOURCE: fixtureSource,
    TESTCONTAINERS_RYUK_DISABLED: process.env['TESTCONTAINERS_RYUK_DISABLED'] ?? 'true',
    // The tests of the example are a separate test run.
    NODE_TEST_CONTEXT: undefined,
  }
  const npm = async (...args: string[]) => {
    const { status, stdout, stderr } = await command('npm', args, env, folder)
    assert.equal(status, 0, stdout + stderr)
    return stdout
  }
  const [packed] = JSON.parse(await npm('pack', root, '--json', '--silent'))
  await npm('install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-dev', packed.filename)
  const output = await npm('test')
  assert.match(output, /pass 2/)
  assert.match(output, /fail 0/)
})

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { installableNames } from '../src/gateways/gateway-table.ts'
import { runCli, startCli } from './fixtures/cli.ts'
import { freePorts } from './fixtures/free-port.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

/** An environment without gateways, whose npm is a small shell script. */
function environment(folder: string, npm: string) {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 })
  return { PATH: `${bin}:${process.env['PATH']}`, CCR_SSE_STRESS_GATEWAYS: join(folder, 'gateways') }
}

test('the list shows each gateway with its installed version, its protocols and how to install it', async (t) => {
  const { status, stdout } = await runCli(['gateways', 'list'], environment(temporaryFolder(t), 'exit 1'))
  assert.equal(status, 0)
  const [head = '', ...rows] = stdout.trimEnd().split('\n')
  assert.match(head, /^gateway +installed +capacity \(streams\) +protocols +how to get it$/)
  assert.deepEqual(
    rows.map((row) => row.split(' ')[0]),
    ['ccr-rust', 'reference', ...installableNames],
  )
  assert.match(stdout, /^reference +\d+\.\d+\.\d+ .*a part of ccr-sse-stress$/m)
  assert.match(
    stdout,
    /^portkey +not installed +\d+ +openai-chat-completions +ccr-sse-stress gateways install portkey \(npm/m,
  )
})

test('a run with a gateway that is not installed ends with status 4 and says how to install it', async (t) => {
  const folder = temporaryFolder(t)
  const [mock, gateway] = await freePorts(2)
  const args = ['run', '--gateway', 'litellm', '--out', folder, '--mock-port', `${mock}`, '--ccr-port', `${gateway}`]
  const { status, stdout, stderr } = await runCli(args, environment(folder, 'exit 1'))
  assert.equal(status, 4)
  assert.equal(stdout, '')
  assert.equal(stderr, 'error: litellm is not installed. Run `ccr-sse-stress gateways install litellm`.\n')
})

test("a failed installation ends with status 4 and the installer's last lines", async (t) => {
  const folder = temporaryFolder(t)
  const env = environment(folder, 'echo "E404 no such package" >&2; exit 1')
  const { status, stdout, stderr } = await runCli(['gateways', 'install', 'portkey'], env)
  assert.equal(status, 4)
  assert.equal(stdout, '')
  assert.match(
    stderr,
    /^error: npm install .* ended with exit status 1; its last lines:\nerror: {3}E404 no such package$/m,
  )
  assert.deepEqual(readdirSync(join(folder, 'gateways')), [])
})

test('a signal stops an installation, sets the exit status and leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t)
  const run = startCli(['gateways', 'install', 'portkey'], environment(folder, 'exec sleep 600'))
  await run.saw(/npm install/)
  run.child.kill('SIGINT')
  assert.equal((await run.ended).status, 130)
  assert.deepEqual(readdirSync(join(folder, 'gateways')), [])
})

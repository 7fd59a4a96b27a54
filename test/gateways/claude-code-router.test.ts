import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../fixtures/free-port.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { plan, startGateway, startMockCommand, stress } from './stress-gateway.ts'

const version = '2.0.0'
const installed = fileURLToPath(new URL(`../../node_modules/.cache/claude-code-router-${version}`, import.meta.url))
const script = join(installed, 'node_modules/@musistudio/claude-code-router/dist/cli.js')

/** Brings the package from npm into a folder of its own, once; its install scripts are not run. */
async function install(): Promise<void> {
  if (existsSync(script)) return
  await mkdir(installed, { recursive: true })
  await writeFile(join(installed, 'package.json'), '{"private":true}')
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `@musistudio/claude-code-router@${version}`]
  execFileSync('npm', words, { cwd: installed, stdio: ['ignore', 'ignore', 'inherit'] })
}

for (const streams of [100, 300]) {
  test(`${streams} streams arrive whole through claude-code-router ${version}`, async (t) => {
    await install()
    const home = temporaryFolder(t)
    const mock = await startMockCommand(t)
    const port = await freePort()
    const provider = {
      name: 'mock',
      api_base_url: `${mock}/v1/chat/completions`,
      api_key: 'none',
      models: ['mock-model'],
    }
    const config = {
      PORT: port,
      HOST: '127.0.0.1',
      LOG: false,
      NON_INTERACTIVE_MODE: true,
      API_TIMEOUT_MS: 60_000,
      Providers: [provider],
      Router: { default: 'mock,mock-model' },
    }
    await mkdir(join(home, '.claude-code-router'))
    await writeFile(join(home, '.claude-code-router', 'config.json'), JSON.stringify(config))
    await startGateway(t, process.execPath, [script, 'start'], `http://127.0.0.1:${port}/health`, {
      ...process.env,
      HOME: home,
    })
    const { status, stdout, json } = await stress(home, [
      '--ccr-url',
      `http://127.0.0.1:${port}`,
      '--streams',
      `${streams}`,
    ])
    assert.equal(status, 0, stdout)
    assert.equal(json.report.successful, streams)
    assert.equal(json.report.total_deltas, streams * plan.chunks)
  })
}

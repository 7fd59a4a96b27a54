import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../fixtures/free-port.ts'
import { assertValidRuns } from '../fixtures/published-schema.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** npm and its children use the Node.js of this test, not an older one of the system. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`, CCR_BIN: '' }

test('the packed package runs in an empty folder, has no test files and installs no Node.js', async (t) => {
  const folder = temporaryFolder(t)
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' })
  const [packed] = JSON.parse(npm('pack', root, '--json', '--silent'))
  const files: string[] = packed.files.map(({ path }: { path: string }) => path)
  assert.ok(files.includes('README.md') && files.includes('LICENSE') && files.includes('CHANGELOG.md'))
  assert.deepEqual(
    files.filter((path) => /\.test\.|^test\/|^results\//.test(path)),
    [],
  )
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  npm('install', '--no-audit', '--no-fund', '--ignore-scripts', packed.filename)
  assert.deepEqual(
    readdirSync(join(folder, 'node_modules')).filter((name) => name.startsWith('node-linux')),
    [],
  )
  const ports = ['--mock-port', `${await freePort()}`, '--ccr-port', `${await freePort()}`]
  const args = ['ccr-sse-stress', 'run', '--gateway', 'reference', '--streams', '5', '--chunks', '3', ...ports]
  const run = spawnSync('npx', args, { cwd: folder, env, encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  assert.match(run.stdout, /RESULT: PASS/)
  assert.deepEqual(readdirSync(join(folder, 'results')).length, 2)
  assertValidRuns(join(folder, 'results'))
})

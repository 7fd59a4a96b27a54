import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { testHost } from '../../test/fixtures/host.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { GatewayDescriptor } from '../gateways/descriptor.ts'
import { gatewayNames, gatewayTable } from '../gateways/gateway-table.ts'
import { prepareLaunch } from '../gateways/launch.ts'
import { childEnvironment, ownEnvironment } from './child-environment.ts'

const harmless = { PATH: '/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: '/lib' }
/** Variables that a user may have set, each with a value that no child may get. */
const secret = Object.fromEntries(
  [
    ...[
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'OPENROUTER_API_KEY',
      'AWS_SECRET_ACCESS_KEY',
      'GITHUB_TOKEN',
      'DATABASE_URL',
    ],
    ...[
      'HTTPS_PROXY',
      'https_proxy',
      'NO_PROXY',
      'NODE_OPTIONS',
      'LD_PRELOAD',
      'SSH_AUTH_SOCK',
      'PASSWORD',
      'MY_KEY',
      'PWD',
    ],
    ...['XDG_CONFIG_HOME', 'DOCKER_HOST', 'NPM_CONFIG_USERCONFIG', 'CCR_API_KEY', '__proto__'],
  ].map((name) => [name, 'canary']),
)
const env = { ...harmless, ...secret }

describe('the environment of a child', () => {
  it('has what every program needs, and no key, proxy or option of the user', () => {
    assert.deepEqual(childEnvironment({ env }), harmless)
    const own = { HOME: '/home/x', TMPDIR: '/tmp' }
    assert.deepEqual(ownEnvironment({ env: { ...env, ...own } }), { ...harmless, ...own })
    assert.deepEqual(childEnvironment({ env: {} }), {})
  })

  it('has the variables that the user passes on, if they are set', () => {
    const passEnv = ['MY_KEY', 'NOT_SET']
    assert.deepEqual(childEnvironment({ env, passEnv }), { ...harmless, MY_KEY: 'canary' })
  })

  for (const name of gatewayNames)
    it(`has no secret if it is that of ${name}, and what the user passes on`, async (t) => {
      const descriptor: GatewayDescriptor = gatewayTable[name]
      const home = temporaryFolder(t)
      // ccr-rust is asked for its flags: any program that prints one is enough.
      const found = { descriptor, program: '/bin/echo', version: '1.2.3' }
      const setup = { port: 3456, upstreamOrigin: 'http://127.0.0.1:9999', home, model: 'm', streamMs: 1000 }
      const launch = async (passEnv: readonly string[]) => {
        const host = testHost({ env: { ...env, PATH: process.env['PATH'] }, passEnv })
        if (name === 'ccr-rust') return { env: descriptor.environment?.(host, home) ?? {} }
        return prepareLaunch(found, setup, host)
      }
      assert.doesNotMatch(JSON.stringify((await launch([])).env), /canary/)
      assert.equal((await launch(['MY_KEY'])).env['MY_KEY'], 'canary')
    })

  it('is enough for the commands of this program', () => {
    const { cli } = testHost()
    const { status, stderr } = spawnSync(cli.execPath, [cli.script, 'mock', '--help'], {
      env: ownEnvironment({ env: { PATH: '/bin' } }),
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
  })
})

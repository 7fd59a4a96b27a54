import assert from 'node:assert/strict'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { script, startCommand } from './fixtures/cli.ts'
import { freePorts } from './fixtures/free-port.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

// A user id without an entry in the user database. Only root can become one.
const uid = '54321'
const isRoot = process.getuid?.() === 0
const skip = !(isRoot && existsSync('/usr/bin/setpriv')) && 'needs root and setpriv'

test('without a home or a temporary folder, each command that needs it ends with status 4 and names the variable', {
  skip,
}, async (t) => {
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o777)
  const [mockPort, ccrPort] = await freePorts(2)
  const ports = ['--mock-port', `${mockPort}`, '--ccr-port', `${ccrPort}`]
  const fakeBinary = new URL('fixtures/fake-ccr-rust.mjs', import.meta.url).pathname
  // A client with an engine: the containers' topology gets as far as its temporary folder.
  writeFileSync(join(folder, 'docker'), '#!/bin/sh\necho 2.40.0\n', { mode: 0o755 })
  const withDocker = { PATH: `${folder}:/usr/bin:/bin`, HOME: '/', TMPDIR: '/nowhere' }
  const inContainers = ['run', '--topology', 'compose', '--out', folder]
  const cases: readonly (readonly [args: readonly string[], env: NodeJS.ProcessEnv, names: RegExp])[] = [
    [
      ['gateways', 'list'],
      {},
      /^error: HOME is not set, and this user \(uid 54321\) has no home folder\. Set HOME\.$/m,
    ],
    [['gateways', 'install', 'portkey'], { HOME: '/' }, /^error: HOME: \/.* cannot be used \(permission denied\)/m],
    [['doctor'], {}, /^error: HOME is not set, and this user \(uid 54321\) has no home folder/m],
    [inContainers, withDocker, /^error: TMPDIR: .* to \/nowhere \(no such folder\)/m],
    [['doctor'], { HOME: '/', TMPDIR: '/' }, /^error: TMPDIR: .* to \/ \(permission denied\)/m],
    [['run', '--ccr-bin', fakeBinary, '--out', folder, ...ports], { TMPDIR: '/nowhere' }, /^error: .*TMPDIR/m],
  ]
  const become = ['setpriv', '--reuid', uid, '--regid', uid, '--clear-groups', 'env', '-i', 'PATH=/usr/bin:/bin']
  await Promise.all(
    cases.map(async ([args, env, names]) => {
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
      const run = startCommand([...become, ...variables, process.execPath, script, ...args], {}, '/')
      const { status, stderr } = await run.ended
      assert.equal(status, 4, `${args.join(' ')}: ${stderr}`)
      assert.match(stderr, names)
      assert.doesNotMatch(stderr, /bug/)
    }),
  )
})

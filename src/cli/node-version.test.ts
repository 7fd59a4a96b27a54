import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { script, startCommand } from '../../test/fixtures/cli.ts'
import { exitStatus } from '../base/exit-status.ts'
import { lowestNode, outdatedNode } from './node-version.ts'

test('an older Node.js is refused and a newer one is not', () => {
  for (const version of ['9.0.0', '20.20.2', '22.23.3']) assert.match(outdatedNode(version) ?? '', new RegExp(version))
  for (const version of ['24.0.0', '26.12.1', '100.1.0']) assert.equal(outdatedNode(version), undefined)
})

test('the lowest version is the one in package.json', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(engines.node, `>=${lowestNode}`)
})

test('the command line prints one line on an older Node.js and imports nothing that it could not parse', async () => {
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.23.3' } })`
  const noFurther = `
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) { if (url.endsWith('/cli/main.ts')) throw new Error('too far'); return next(url, context) } })
    ${older}`
  const preload = `data:text/javascript,${encodeURIComponent(noFurther)}`
  const { status, stdout, stderr } = await startCommand([process.execPath, '--import', preload, script, '--version'])
    .ended
  assert.deepEqual(
    { status, stdout, lines: stderr.split('\n').length },
    { status: exitStatus.environment, stdout: '', lines: 2 },
  )
  assert.match(stderr, /^error: Node\.js 24 or later is required \(this is 22\.23\.3\)/)
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { leastNode, outdatedNode } from './node-version.ts'

test('an older Node.js is refused with what is needed, and a newer one is not', () => {
  for (const version of ['20.20.2', '22.21.9', '9.0.0']) assert.match(outdatedNode(version) ?? '', new RegExp(version))
  for (const version of ['22.22.0', '22.23.1', '24.0.0', '100.1.0']) assert.equal(outdatedNode(version), undefined)
})

test('the least version is the one of package.json', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(engines.node, `>=${leastNode}`)
})

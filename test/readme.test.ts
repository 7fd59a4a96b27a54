import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  checkFlags,
  cleanupFlags,
  conformFlags,
  gatewayFlags,
  mockFlags,
  proxyFlags,
  runFlags,
  stressFlags,
} from '../src/options/flags.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

for (const [command, flags] of Object.entries({
  run: runFlags,
  stress: stressFlags,
  mock: mockFlags,
  gateway: gatewayFlags,
  proxy: proxyFlags,
  check: checkFlags,
  conform: conformFlags,
  cleanup: cleanupFlags,
})) {
  test(`the README has each flag of ${command} with its default`, () => {
    for (const [name, flag] of Object.entries(flags)) {
      const byDefault = 'isSwitch' in flag ? 'off' : 'default' in flag ? flag.default : 'none'
      const rows = readme.split('\n').filter((line) => line.startsWith(`| \`--${name}\` `))
      const defaults = rows.map((line) => line.split('|')[3]?.trim())
      assert.ok(defaults.includes(byDefault), `--${name}: ${byDefault} is not among ${defaults}`)
    }
  })
}

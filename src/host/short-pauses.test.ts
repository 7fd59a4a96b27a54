import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'

const fixture = fileURLToPath(new URL('../../test/fixtures/young-generation.ts', import.meta.url))

it('the young generation stays small while objects are held, and would grow otherwise', () => {
  const mib = (...words: string[]) => {
    const { stdout } = spawnSync(process.execPath, [fixture, ...words], { encoding: 'utf8' })
    return Number.parseInt(stdout, 10) / 2 ** 20
  }
  const [kept, grown] = [mib('short'), mib()]
  assert.ok(kept <= 2 && grown >= 8, `${kept} and ${grown} MiB`)
})

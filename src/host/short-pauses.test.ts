import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'

const fixture = fileURLToPath(new URL('../../test/fixtures/young-generation.ts', import.meta.url))

it('a young generation that is kept small does not grow with what is held, as it else would', () => {
  const mib = (...words: string[]) => {
    const { stdout } = spawnSync(process.execPath, [fixture, ...words], { encoding: 'utf8' })
    return Number.parseInt(stdout, 10) / 2 ** 20
  }
  const [kept, grown] = [mib('short'), mib()]
  assert.ok(kept <= 2 && grown >= 8, `${kept} and ${grown} MiB`)
})

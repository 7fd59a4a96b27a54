import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { nowNs } from './clock.ts'

const monotonic = () => Number(process.hrtime.bigint())

describe('the clock', () => {
  it('never goes back and returns integers', () => {
    let before = nowNs()
    for (let i = 0; i < 100_000; i++) {
      const now = nowNs()
      assert.ok(now >= before && Number.isSafeInteger(now))
      before = now
    }
  })

  it('is the kernel’s monotonic clock, the same in another process', () => {
    // Our reading must lie between two readings of the kernel's clock. The slack covers the time that reading takes.
    const slackNs = 0.1e6
    const before = monotonic()
    const now = nowNs()
    const after = monotonic()
    assert.ok(now >= before - slackNs && now <= after + slackNs, `${now} is not in ${before}..${after}`)

    const script = `import { nowNs } from ${JSON.stringify(new URL('./clock.ts', import.meta.url))}; console.log(nowNs())`
    const sent = nowNs()
    const childNs = Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }))
    assert.ok(childNs >= sent - slackNs && childNs <= nowNs() + slackNs)
  })
})

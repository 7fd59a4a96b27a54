import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seriesCsv } from './series-csv.ts'

const second = { second: 0, phase: 0, starts: 2, dropped: 0, ends: 1, failed: 0, open: 1, deltas: 9, lateMs: 0.1 + 0.2 }

describe('the CSV of values over time', () => {
  it('is a header and one line per second and phase, each with a carriage return; what was not measured is empty', () => {
    const ttft = { n: 2, p50Ms: 1.5, p95Ms: 2, maxMs: 2 }
    const [header = '', first = '', next = '', ...rest] = seriesCsv(
      [
        { ...second, ttft, gatewayCpuS: 0.25, activeStreams: 1 },
        { ...second, second: 1, phase: 1 },
      ],
      ['warm-up', 'load'],
    ).split('\r\n')
    assert.deepEqual(rest, [''])
    assert.equal(
      header.split(',').slice(0, 9).join(),
      'second,phase,starts,dropped,ends,failed,open,deltas,late_max_ms',
    )
    const values = (line: string) =>
      Object.fromEntries(header.split(',').map((name, at) => [name, line.split(',')[at] ?? 'missing']))
    assert.equal(values(first)['late_max_ms'], '0.3')
    assert.equal(values(first)['ttft_p95_ms'], '2')
    assert.equal(values(first)['ttft_p99_ms'], '')
    assert.equal(values(first)['transit_n'], '')
    assert.equal(values(first)['gateway_cpu_s'], '0.25')
    assert.equal(values(first)['phase'], 'warm-up')
    assert.equal(values(next)['phase'], 'load')
    assert.equal(next.split(',').length, header.split(',').length)
  })

  it('quotes a name with a comma or a quotation mark', () => {
    assert.match(seriesCsv([second], ['a,"b"']), /^0,"a,""b""",2,/m)
  })
})

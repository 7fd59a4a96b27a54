import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { runOf } from '../../test/fixtures/runs.ts'
import { judgeCapacity } from '../judge/capacity/capacity.ts'
import type { Break, Capacity, StepOutcome, Trial } from '../model/capacity.ts'
import { capacityText } from './capacity.ts'
import { capacityJson } from './capacity-json.ts'

const latency: Break = { kind: 'latency', detail: 'ttft.p99 < 250ms: 612.30 ms (n 200)' }
const instrument: Break = { kind: 'instrument', detail: 'The runner was saturated' }

function trial(n: number, outcome: StepOutcome, index: number): Trial {
  return {
    n,
    outcome,
    run: `20261126-000000-${index.toString(16).padStart(6, '0')}`,
    tookS: 6,
    started: n,
    whole: n,
    failed: 0,
    peakOpen: n,
    ttftP50Ms: n / 10,
    ttftP99Ms: n / 2,
    cpuCores: 0.5,
    memoryPeakBytes: 2 ** 27,
    drainMs: 12,
    thresholds: [],
    broke: outcome === 'pass' ? undefined : outcome === 'fail' ? latency : instrument,
  }
}

/** A search whose runs are `n:outcome` for each run, with the first letters of outcomes. */
function searched(runs: string, members: Partial<Capacity> = {}): Capacity {
  const outcomes = { p: 'pass', f: 'fail', i: 'invalid' } as const
  const trials = runs
    .split(' ')
    .filter(Boolean)
    .flatMap((text) => {
      const [n = '', letters = ''] = text.split(':')
      return [...letters].map((letter) => [Number(n), outcomes[letter as keyof typeof outcomes]] as const)
    })
  return {
    schemaVersion: 1,
    id: '20261126-141022-d21efd',
    startedAt: '2026-11-26T14:10:22.000Z',
    harnessVersion: '0.1.0',
    of: 'streams',
    search: { from: 100, to: 10_000, precision: 0.05, repeat: 3, maxDurationS: 300, stepS: 5 },
    protocol: 'anthropic-messages',
    scenario: { ...runOf([]).scenario, streams: 1 },
    gateway: runOf([]).gateway,
    cores: 2,
    thresholds: ['failed.count == 0', 'ttft.p99 < 250ms'],
    unloaded: { ttftP50Ms: 3.2, n: 30, run: '20261126-000000-ffffff' },
    trials: trials.map(([n, outcome], index) => trial(n, outcome, index)),
    tookS: 125,
    ...members,
  }
}

const answerIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => /^(Capacity|Broke first|Limit|Note|Ended): /.test(line))
    .map((line) => line.replace(/: +/, ': '))

describe('the report of a search for a capacity', () => {
  it('has the search, the curve and the answer', () => {
    const capacity = searched('100:pp 200:pp 400:ff 283:pfpp 337:ff 309:ff 296:pp')
    assert.equal(
      capacityText(capacity, judgeCapacity(capacity)),
      `Tested:     embedded reference gateway, not ccr-rust (http://127.0.0.1:3456)
Streams:    anthropic-messages, 5 deltas, delay 20 ms, content plain, seed 7
Search:     streams open at once, 100 to 10,000, 5s each after a ramp of 100ms, 3 runs, precision 5 %, at most 5m
Thresholds: failed.count == 0
            ttft.p99 < 250ms
            no content changed, gateway alive and drained
            TTFT without a load: p50 3.20 ms (n 30); the limit is ten times that, at least 250 ms
Run:        20261126-141022-d21efd, 2026-11-26T14:10:22.000Z, 125s, ccr-sse-stress 0.1.0

streams  result  passed  failed  TTFT p50  TTFT p99   CPU     memory  drain  what broke
-------  ------  ------  ------  --------  --------   ---     ------  -----  ----------
    100  pass       2/2       0   10.0 ms   50.0 ms  0.50  128.0 MiB  12 ms
    200  pass       2/2       0   20.0 ms  100.0 ms  0.50  128.0 MiB  12 ms
    283  pass       3/4       0   28.3 ms  141.5 ms  0.50  128.0 MiB  12 ms  latency (in 1 of 4 runs)
    296  pass       2/2       0   29.6 ms  148.0 ms  0.50  128.0 MiB  12 ms
    309  fail       0/2       0   30.9 ms  154.5 ms  0.50  128.0 MiB  12 ms  latency
    337  fail       0/2       0   33.7 ms  168.5 ms  0.50  128.0 MiB  12 ms  latency
    400  fail       0/2       0   40.0 ms  200.0 ms  0.50  128.0 MiB  12 ms  latency

Capacity:   296 to 309 streams: 296 passed, 309 failed
Broke first: latency: ttft.p99 < 250ms: 612.30 ms (n 200)
Repeat:     16 runs of 7 steps, majority of 3
`,
    )
  })

  it('claims no more than the steps show, with the exit status for each answer', () => {
    const interrupt = { ended: { why: 'interrupt', detail: 'SIGTERM' } } as const
    const gone = { ended: { why: 'gateway', detail: 'the gateway did not become healthy' } } as const
    const few = { search: { ...searched('').search, to: 200 } }
    for (const [runs, members, status, answer] of [
      ['100:pp 200:pp', few, 0, ['Capacity: at least 200 streams: this is the largest step (--to).']],
      [
        '100:pp 200:pp',
        { machineLimit: { streams: 200, why: '464 file descriptors' } },
        0,
        [
          'Capacity: at least 200 streams: this machine allows at most 200 streams (464 file descriptors); ccr-sse-stress doctor shows how to raise it.',
        ],
      ],
      [
        '100:pp 200:ii 141:pp 168:pp 183:pp 191:ii',
        {},
        0,
        [
          'Capacity: at least 183 streams: the harness was the limit at 191 streams.',
          'Limit: instrument: The runner was saturated',
        ],
      ],
      [
        '100:pp 200:ff 141:ii 119:pp 130:pp 135:pp',
        {},
        0,
        [
          'Capacity: at least 135 streams: the harness was the limit at 141 streams. 200 failed.',
          'Limit: instrument: The runner was saturated',
        ],
      ],
      [
        '100:ff',
        {},
        1,
        [
          'Capacity: less than 100 streams: the lowest step failed. Use a lower --from',
          'Broke first: latency: ttft.p99 < 250ms: 612.30 ms (n 200)',
        ],
      ],
      [
        '100:ii',
        {},
        3,
        [
          'Capacity: unknown: the harness was the limit at the lowest step, 100 streams',
          'Limit: instrument: The runner was saturated',
        ],
      ],
      [
        '',
        interrupt,
        143,
        ['Capacity: unknown: no step was complete (the search was interrupted (SIGTERM); continue it with --resume)'],
      ],
      [
        '100:pp 200:p',
        interrupt,
        143,
        ['Capacity: at least 100 streams: the search was interrupted (SIGTERM); continue it with --resume.'],
      ],
      [
        '100:pp 200:ff',
        { ended: { why: 'time', detail: '' } },
        0,
        [
          'Capacity: 100 to 200 streams: 100 passed, 200 failed. The precision was not reached: the search ended after 5m (--max-duration); continue it with --resume',
          'Broke first: latency: ttft.p99 < 250ms: 612.30 ms (n 200)',
        ],
      ],
      [
        '100:pp 200:f',
        gone,
        0,
        [
          'Capacity: 100 to 200 streams: 100 passed, 200 failed. The precision was not reached: the gateway is gone and did not start again',
          'Broke first: latency: ttft.p99 < 250ms: 612.30 ms (n 200)',
          'Ended: the gateway did not become healthy',
        ],
      ],
      [
        '100:pp 105:ff 300:pp',
        {},
        0,
        [
          'Capacity: 100 to 105 streams: 100 passed, 105 failed',
          'Broke first: latency: ttft.p99 < 250ms: 612.30 ms (n 200)',
          'Note: 300 passed above a number of streams that did not: the limit is noisy',
        ],
      ],
      [
        '2.5:pp 2.6:ff',
        { of: 'rate' },
        0,
        [
          'Capacity: 2.5 to 2.6 starts/s: 2.5 passed, 2.6 failed',
          'Broke first: latency: ttft.p99 < 250ms: 612.30 ms (n 200)',
        ],
      ],
    ] as const) {
      const capacity = searched(runs, members)
      const judged = judgeCapacity(capacity)
      assert.deepEqual(answerIn(capacityText(capacity, judged)), answer, runs)
      assert.equal(judged.exitStatus, status, runs)
    }
  })

  it('is valid by the published schema', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
    const validate = ajv.compile(
      JSON.parse(readFileSync(new URL('../../config/capacity.schema.json', import.meta.url), 'utf8')),
    )
    for (const runs of ['', '100:pp 200:pp 400:fii', '100:ii']) {
      const json = JSON.parse(JSON.stringify(capacityJson(searched(runs))))
      assert.ok(validate(json), JSON.stringify(validate.errors))
    }
    assert.ok(!validate({ ...searched(''), mood: 1 }))
  })
})

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { publishedSchema } from '../../test/fixtures/published-schema.ts'
import {
  abortedRecord,
  failedRecord,
  instrument,
  leakyDrain,
  mockStats,
  readings,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import { gatewayFindingClasses } from '../judge/gateway-finding.ts'
import { judge } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import { reportJson, runJson } from './json.ts'
import type { ReportJson } from './json-schema.ts'

const { report, runFile } = publishedSchema()

const full = runOf(records(120), {
  gateway: { kind: 'ccr-rust', name: 'ccr-rust 1.3.0', version: '1.3.0', location: '/opt/ccr-rust', settings: ['a'] },
  telemetry: {
    usageBefore: { total_requests: 8 },
    usageAfter: { total_requests: 128 },
    sampledPeak: 1,
    samples: 2,
    highWaterMark: 3,
  },
  mock: { ...mockStats(120), workers: 3, instrument: [readings('mock 1 of 3'), readings('mock 2 of 3')] },
  workers: { runner: 2, mock: 3 },
  instrument: instrument(),
})
const runs: Readonly<Record<string, Run>> = {
  'with everything that can be measured': full,
  'with toxics, and with unknown members in the usage of the gateway': runOf(records(2), {
    toxics: ['gateway-mock:latency=20ms'],
    telemetry: { usageAfter: { total_requests: 2, tiers: [] }, samples: 0 },
  }),
  'with thresholds in every state, goodput, and an early end': runOf([wholeRecord(0), failedRecord(1)], {
    scenario: {
      thresholds: [
        'ttft.p50 < 1s',
        'failed{phase:load}.count < 1',
        'ttft.p99 < 1s',
        'cpu.time < 1s',
        'failed.count < 1, abort',
      ],
      goodput: ['ttft < 1s'],
    },
    abortedBy: { threshold: 'failed.count < 1, abort', afterS: 1.5, got: '1 of 2 streams failed' },
  }),
  'with thresholds, but no streams': runOf([], {
    scenario: { thresholds: ['ttft.p50 < 1s', 'goodput.rate > 1/s'], goodput: ['ttft < 1s'] },
    stopped: { phase: 'warm-up' },
  }),
  'with phases, dropped starts and times of each phase': runOf(
    [wholeRecord(0), { ...wholeRecord(1), phase: 1, openLoop: true }],
    {
      scenario: {
        streams: 10,
        phases: [
          { name: 'warm-up', shape: 'constant-streams', streams: 5, durationS: 1, excluded: true },
          { name: 'load', shape: 'ramping-arrival-rate', stages: [{ durationS: 2, target: 5 }], maxStreams: 10 },
          { name: 'never', shape: 'burst', streams: 0 },
        ],
      },
      dropped: [0, 4, 0],
      phaseTimes: [{ interChunk: full.interChunk }, { interChunk: full.interChunk, transit: full.interChunk }],
    },
  ),
  'with failed streams': runOf([wholeRecord(0), failedRecord(1), unconnectedRecord(2)]),
  'with a gateway in a container with limits': runOf(records(4), {
    cost: {
      cpuS: 0.42,
      memoryBeforeBytes: 2 ** 26,
      memoryPeakBytes: 2 ** 27,
      memoryAfterBytes: 2 ** 26,
      descriptorsBefore: 20,
      descriptorsPeak: 28,
      descriptorsAfter: 20,
      container: {
        cpuS: 0.412345,
        memoryPeakBytes: 2 ** 27,
        memoryLimitBytes: 2 ** 29,
        cpuLimit: 1.5,
        periods: 20,
        throttledPeriods: 2,
        throttledS: 0.1,
        oomKills: 0,
      },
    },
  }),
  'with a gateway that leaks and reports wrong counts': runOf(records(4), {
    scenario: { drainLimitS: 10 },
    mock: mockStats(8),
    telemetry: { sampledPeak: 9, samples: 3 },
    drain: leakyDrain,
  }),
  'with few readings of the harness': runOf(records(4), {
    instrument: {
      runner: [readings('runner', { loopDelay: undefined, cpuMs: undefined, cpuWaitMs: undefined })],
      machine: {},
    },
  }),
  'without readings of the gateway after the load': runOf(records(4), {
    drain: { limitS: 1, tookMs: 3, before: {}, after: {}, backMs: {} },
  }),
  'with few readings of the gateway': runOf(records(4), { cost: { cpuS: 0.42 } }),
  'direct to the mock': runOf(records(4), {
    gateway: { kind: 'none', name: 'no gateway: direct to the mock', location: 'http://127.0.0.1:9', settings: [] },
  }),
  interrupted: runOf([wholeRecord(0), abortedRecord(1)], {
    scenario: { streams: 9 },
    notStarted: 7,
    interruptedBy: 'SIGINT',
  }),
  'interrupted before the first stream': runOf([], {
    scenario: { streams: 9 },
    notStarted: 9,
    interruptedBy: 'SIGTERM',
  }),
  'with a gateway that died': runOf([failedRecord(0)], {
    died: { name: 'ccr-rust', how: 'exit status 1', lastLines: ['x'] },
  }),
  'with a part of the harness that failed': runOf([failedRecord(0), abortedRecord(1)], {
    stopped: { phase: 'load' },
    failedParts: [
      {
        part: 'proxy',
        name: 'proxy gateway-mock',
        state: 'silent',
        how: 'no answer',
        phase: 'load',
        lastLines: ['x'],
      },
    ],
  }),
  'against a URL, without a plan': runOf(records(2), {
    command: 'stress',
    scenario: { chunks: undefined, delayMs: undefined },
  }),
}

type Json = Record<string, unknown>

function plain(json: object): Json {
  return JSON.parse(JSON.stringify(json))
}

/** Reports that an earlier version wrote. */
const stored = globSync('*/expected.json', { cwd: fixture('golden') })
  .sort()
  .map((path) => [dirname(path), () => JSON.parse(readFileSync(fixture(`golden/${path}`), 'utf8')) as Json] as const)

function fixture(path: string): string {
  return fileURLToPath(new URL(`../../test/fixtures/${path}`, import.meta.url))
}

describe('the published schema of the report', () => {
  for (const [which, run] of Object.entries(runs)) {
    it(`accepts a run ${which}, and its run.json`, () => {
      assert.ok(report(plain(reportJson(run, judge(run)))), JSON.stringify(report.errors))
      assert.ok(runFile(plain(runJson(run, judge(run)))), JSON.stringify(runFile.errors))
    })
  }

  it('accepts the reports of earlier versions', () => {
    assert.equal(stored.length, 5)
    for (const [name, json] of stored) assert.ok(report(json()), `${name}: ${JSON.stringify(report.errors)}`)
  })

  it('accepts each class of finding about the gateway', () => {
    const gatewayFindings = gatewayFindingClasses.map((name) => ({ class: name, metric: 'm', expected: '1', got: '2' }))
    assert.ok(report({ ...plain(reportJson(full, judge(full))), gatewayFindings }), JSON.stringify(report.errors))
  })

  const mutations: Readonly<Record<string, (json: Json & ReportJson) => void>> = {
    'without its streams': (json) => Reflect.deleteProperty(json, 'streams'),
    'without a name of the original': (json) => Reflect.deleteProperty(json.report, 'ttfb_p99_ms'),
    'with a stream without a name of the original': (json) => Reflect.deleteProperty(json.streams[0] ?? {}, 'error'),
    'with an unknown member': (json) => Object.assign(json, { surprise: 1 }),
    'with an unknown member of a stream': (json) => Object.assign(json.streams[0] ?? {}, { surprise: 1 }),
    'with an unknown kind of failure': (json) => Object.assign(json.streams[0] ?? {}, { error: 'tired' }),
    'with a number as a string': (json) => Object.assign(json.report, { successful: '100' }),
    'with a negative time': (json) => Object.assign(json.report, { ttfb_p50_ms: -1 }),
    'of another version': (json) => Object.assign(json, { schemaVersion: 2 }),
    'without its seed': (json) => Reflect.deleteProperty(json.scenario, 'seed'),
    'with an unknown resource in the drain': (json) =>
      Object.assign(json, { drain: { limitS: 1, tookMs: 3, before: { souls: 1 }, after: {}, backMs: {} } }),
    'with an unknown class of finding': (json) =>
      Object.assign(json, { gatewayFindings: [{ class: 'odd', metric: 'm', expected: '1', got: '2' }] }),
    'without the findings about the gateway': (json) => Reflect.deleteProperty(json, 'gatewayFindings'),
    'with an unknown cost': (json) => Object.assign(json, { cost: { cpuS: 1, soul: 1 } }),
    'with a cost of the container that is not a number': (json) =>
      Object.assign(json, { cost: { container: { oomKills: null } } }),
    'with an unknown kind of gateway': (json) => Object.assign(json.gateway, { kind: 'direct' }),
    'without a name of the costs': (json) => Reflect.deleteProperty(json.report, 'gateway_cpu_us_per_event'),
    'with an unknown reading of the harness': (json) =>
      Object.assign(json, { instrument: { runner: [], machine: { mood: 1 } } }),
    'without its timing': (json) => Reflect.deleteProperty(json.verdict, 'timing'),
    'with an unknown verdict': (json) => Object.assign(json.verdict, { verdict: 'good' }),
  }
  for (const [which, mutate] of Object.entries(mutations)) {
    it(`rejects a report ${which}`, () => {
      const json = plain(reportJson(full, judge(full)))
      mutate(json as Json & ReportJson)
      assert.equal(report(json), false)
    })
  }
})

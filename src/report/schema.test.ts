import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, describe, it } from 'node:test'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import {
  abortedRecord,
  failedRecord,
  instrument,
  mockStats,
  readings,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import { judge } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import { reportJson, runJson } from './json.ts'
import type { ReportJson } from './json-schema.ts'

let report: ValidateFunction
let runFile: ValidateFunction
before(async () => {
  const schema = JSON.parse(await readFile(new URL('../../config/report.schema.json', import.meta.url), 'utf8'))
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  report = ajv.compile(schema)
  runFile = ajv.compile({ $ref: `${schema.$id}#/$defs/runFile` })
})

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
  'with all that can be measured': full,
  'with toxics, whose gateway says more of itself than is known': runOf(records(2), {
    toxics: ['gateway-mock:latency=20ms'],
    telemetry: { usageAfter: { total_requests: 2, tiers: [] }, samples: 0 },
  }),
  'of which a part failed': runOf([wholeRecord(0), failedRecord(1), unconnectedRecord(2)]),
  'whose gateway was measured, in a container with limits': runOf(records(4), {
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
  'whose gateway leaks and lies': runOf(records(4), {
    scenario: { drainLimitS: 10 },
    mock: mockStats(8),
    telemetry: { sampledPeak: 9, samples: 3 },
    drain: {
      limitS: 10,
      tookMs: 10_031,
      before: {
        activeStreams: 0,
        mockStreams: 0,
        descriptors: 30,
        upstreamSockets: 8,
        closeWaitSockets: 0,
        memoryBytes: 9e7,
      },
      after: {
        activeStreams: 3,
        mockStreams: 1,
        descriptors: 300,
        upstreamSockets: 90,
        closeWaitSockets: 7,
        memoryBytes: 9e8,
      },
      backMs: { upstreamSockets: 4 },
      usage: { total_requests: 9, active_streams: 3 },
      probe: { whole: false, fault: 'http_5xx (phase headers): 503' },
      healthFault: 'HTTP 503',
    },
  }),
  'that could not measure itself but in part': runOf(records(4), {
    instrument: {
      runner: [readings('runner', { loopDelay: undefined, cpuMs: undefined, cpuWaitMs: undefined })],
      machine: {},
    },
  }),
  'whose gateway could not be seen after the load': runOf(records(4), {
    drain: { limitS: 1, tookMs: 3, before: {}, after: {}, backMs: {} },
  }),
  'whose gateway was measured in part': runOf(records(4), { cost: { cpuS: 0.42 } }),
  'straight to the mock': runOf(records(4), {
    gateway: { kind: 'none', name: 'no gateway: straight to the mock', location: 'http://127.0.0.1:9', settings: [] },
  }),
  'that was interrupted': runOf([wholeRecord(0), abortedRecord(1)], {
    scenario: { streams: 9 },
    notStarted: 7,
    interruptedBy: 'SIGINT',
  }),
  'that was interrupted before a stream started': runOf([], {
    scenario: { streams: 9 },
    notStarted: 9,
    interruptedBy: 'SIGTERM',
  }),
  'whose gateway died': runOf([failedRecord(0)], {
    died: { name: 'ccr-rust', how: 'exit status 1', lastLines: ['x'] },
  }),
  'against a URL, with no plan': runOf(records(2), {
    command: 'stress',
    scenario: { chunks: undefined, delayMs: undefined },
  }),
}

function plain(json: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(json))
}

describe('the JSON Schema of the report', () => {
  for (const [which, run] of Object.entries(runs)) {
    it(`accepts a run ${which}, and its run.json`, () => {
      assert.ok(report(plain(reportJson(run, judge(run)))), JSON.stringify(report.errors))
      assert.ok(runFile(plain(runJson(run, judge(run)))), JSON.stringify(runFile.errors))
    })
  }

  type Json = { -readonly [K in keyof ReportJson]: ReportJson[K] } & Record<string, unknown>
  const mutations: Readonly<Record<string, (json: Json) => void>> = {
    'without its streams': (json) => Reflect.deleteProperty(json, 'streams'),
    "without one of the original's names": (json) => Reflect.deleteProperty(json.report, 'ttfb_p99_ms'),
    "with a stream that lacks one of the original's names": (json) =>
      Reflect.deleteProperty(json.streams[0] ?? {}, 'error'),
    'with a name that nobody knows': (json) => Object.assign(json, { surprise: 1 }),
    'with a name in a stream that nobody knows': (json) => Object.assign(json.streams[0] ?? {}, { surprise: 1 }),
    'with a number as text': (json) => Object.assign(json.report, { successful: '100' }),
    'with a negative time': (json) => Object.assign(json.report, { ttfb_p50_ms: -1 }),
    'of another version': (json) => Object.assign(json, { schemaVersion: 2 }),
    'without its seed': (json) => Reflect.deleteProperty(json.scenario, 'seed'),
    'with a remainder of the drain that nobody knows': (json) =>
      Object.assign(json, { drain: { limitS: 1, tookMs: 3, before: { souls: 1 }, after: {}, backMs: {} } }),
    'with a finding of a class that nobody knows': (json) =>
      Object.assign(json, { gatewayFindings: [{ class: 'odd', metric: 'm', expected: '1', got: '2' }] }),
    'without what was found about its gateway': (json) => Reflect.deleteProperty(json, 'gatewayFindings'),
    'with a cost that nobody knows': (json) => Object.assign(json, { cost: { cpuS: 1, soul: 1 } }),
    'with a cost of the container that is no number': (json) =>
      Object.assign(json, { cost: { container: { oomKills: null } } }),
    'of a gateway of a kind that nobody knows': (json) => Object.assign(json.gateway, { kind: 'direct' }),
    "without one of the cost's names": (json) => Reflect.deleteProperty(json.report, 'gateway_cpu_us_per_event'),
    'with readings of the harness that nobody knows': (json) =>
      Object.assign(json, { instrument: { runner: [], machine: { mood: 1 } } }),
    'without a word on its timing': (json) => Reflect.deleteProperty(json.verdict, 'timing'),
    'with a verdict that is none': (json) => Object.assign(json.verdict, { verdict: 'good' }),
  }
  for (const [which, mutate] of Object.entries(mutations)) {
    it(`refuses a report ${which}`, () => {
      const json = plain(reportJson(full, judge(full)))
      mutate(json as Json)
      assert.equal(report(json), false)
    })
  }
})

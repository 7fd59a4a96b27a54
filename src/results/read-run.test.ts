import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { assertValidRun } from '../../test/fixtures/published-schema.ts'
import {
  abortedRecord,
  failedRecord,
  histogramOfMs,
  instrument,
  leakyDrain,
  mockStats,
  readings,
  records,
  runOf,
  seriesOfTwoSeconds,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { UsageError } from '../base/errors.ts'
import { version } from '../base/version.ts'
import { judge } from '../judge/judgement.ts'
import { failureKinds } from '../model/failure.ts'
import { type Run, runSchema } from '../model/run.ts'
import { type Series, seriesSchema } from '../model/series.ts'
import { reportJson } from '../report/json.ts'
import { reportText } from '../report/text/report-text.ts'
import { readRun } from './read-run.ts'
import { writeResults } from './write-results.ts'

const flight = { stream: 0, why: 'worst', longestWaitNs: 1, startedNs: 0, endedNs: 1, stride: 1, deltas: [] }

async function written(t: TestContext, run: Run): Promise<string> {
  const folder = await writeResults(temporaryFolder(t), run, judge(run), '')
  assertValidRun(folder)
  return folder
}

const runs: Readonly<Record<string, Run>> = {
  'that passed': runOf(records(120), {
    series: seriesOfTwoSeconds(120),
    mock: { ...mockStats(120), instrument: [readings('mock')] },
    instrument: instrument(),
    telemetry: { usageAfter: { total_requests: 128 }, sampledPeak: 4, samples: 9, highWaterMark: 120 },
  }),
  'with each kind of failure': runOf(
    [wholeRecord(0), unconnectedRecord(1), ...failureKinds.map((kind, index) => failedRecord(index + 2, kind))],
    { died: { name: 'ccr-rust', how: 'exit status 1', lastLines: ['last\u001b line'] } },
  ),
  'with a part of the harness that failed': runOf([failedRecord(0), abortedRecord(1)], {
    stopped: { phase: 'load' },
    failedParts: [
      {
        part: 'mock',
        name: 'mock',
        state: 'ended',
        how: 'signal SIGKILL',
        phase: 'load',
        lastLines: ['last\u001b line'],
      },
    ],
  }),
  'with a leaking gateway': runOf(records(3), {
    scenario: { drainLimitS: 10 },
    mock: mockStats(3),
    drain: leakyDrain,
  }),
  'that was interrupted': runOf([wholeRecord(0), failedRecord(1), abortedRecord(2)], {
    scenario: { streams: 9 },
    notStarted: 6,
    interruptedBy: 'SIGINT',
  }),
  'interrupted before the first stream': runOf([], {
    scenario: { streams: 9 },
    notStarted: 9,
    interruptedBy: 'SIGTERM',
  }),
}

/** A series of this many seconds. Its columns must have the same length. */
function seriesOfSeconds(seconds: number): Series {
  const [{ beginNs, ...columns }, repeat] = [seriesOfTwoSeconds(4), seconds / 2]
  const lengthened = Object.entries(columns).map(([name, [first, second]]) => [
    name,
    Array.from({ length: seconds }, (_, at) => (at < repeat ? first : second)),
  ])
  return { beginNs, ...Object.fromEntries(lengthened) }
}

/** The fewest elements that a schema of an array allows. */
function leastLength(schema: z.core.$ZodType): number {
  const { checks = [] } = schema._zod.def
  return checks.reduce((least, { _zod: { def } }) => ('minimum' in def ? Number(def.minimum) : least), 0)
}

/** Any value that a schema allows, with and without its optional members. */
function arbitrary(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  if (schema instanceof z.ZodCodec)
    return fc.array(fc.nat({ max: 1e7 })).map((us) => histogramOfMs(us.map((at) => at / 1000)))
  if (schema === seriesSchema) return fc.nat({ max: 3 }).map(seriesOfSeconds)
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape
    const requiredKeys = Object.keys(shape).filter((name) => !(shape[name] instanceof z.ZodOptional))
    const members = fc.record(
      Object.fromEntries(Object.entries(shape).map(([name, member]) => [name, arbitrary(member)])),
      {
        requiredKeys,
        noNullPrototype: true,
      },
    )
    // Only /v1/usage may have unknown members.
    return schema.def.catchall instanceof z.ZodUnknown
      ? fc
          .tuple(members, fc.jsonValue())
          .map(([known, tiers]) => ({ ...known, tiers: JSON.parse(JSON.stringify(tiers)) }))
      : members
  }
  if (schema instanceof z.ZodOptional) return arbitrary(schema.unwrap())
  if (schema instanceof z.ZodNullable) return fc.option(arbitrary(schema.unwrap()))
  if (schema instanceof z.ZodArray)
    return fc.array(arbitrary(schema.element), { minLength: leastLength(schema), maxLength: 3 })
  if (schema instanceof z.ZodTuple) return fc.tuple(...schema.def.items.map(arbitrary))
  if (schema instanceof z.ZodRecord)
    // Zod drops a member of this name, which no program of ours writes.
    return fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      arbitrary(schema.valueType),
      { maxKeys: 3, noNullPrototype: true },
    )
  if (schema instanceof z.ZodUnion) return fc.oneof(...schema.options.map(arbitrary))
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options)
  if (schema instanceof z.ZodLiteral) return fc.constantFrom(...schema.values)
  if (schema instanceof z.ZodBoolean) return fc.boolean()
  if (schema instanceof z.ZodBase64) return fc.base64String()
  if (schema instanceof z.ZodNumber) {
    const [min, max] = [Math.max(schema.minValue ?? 0, 0), Math.min(schema.maxValue ?? 1e15, 1e15)]
    if (schema.format === 'safeint') return fc.integer({ min, max })
    return fc.double({ min, max, minExcluded: true, noNaN: true })
  }
  const check = schema instanceof z.ZodString ? schema.def.checks?.[0]?._zod.def : undefined
  const pattern = check && 'pattern' in check && check.pattern instanceof RegExp ? check.pattern : undefined
  return pattern ? fc.stringMatching(pattern) : fc.string()
}

describe('reading the folder of a run', () => {
  for (const [which, run] of Object.entries(runs)) {
    it(`returns the run ${which}, with the same verdict, report and JSON`, async (t) => {
      const back = await readRun(await written(t, run))
      assert.deepEqual(back, run)
      assert.deepEqual(judge(back), judge(run))
      assert.equal(reportText(back, judge(back)), reportText(run, judge(run)))
      assert.equal(JSON.stringify(reportJson(back, judge(back))), JSON.stringify(reportJson(run, judge(run))))
    })
  }

  it('returns every member that a run can have', async (t) => {
    const out = temporaryFolder(t)
    const judgement = judge(runOf([]))
    let number = 0
    await fc.assert(
      fc.asyncProperty(arbitrary(runSchema), async (value) => {
        const { flights = [], ...any } = { ...(value as Run), id: `run-${number++}` }
        const run = { ...any, records: any.records.toSorted((a, b) => a.stream - b.stream) }
        const members = flights.length > 0 ? { ...run, flights } : run
        const folder = await writeResults(out, members, judgement, '')
        assertValidRun(folder)
        assert.deepEqual(await readRun(folder), members)
      }),
      { numRuns: 30 },
    )
  })

  it('reports a missing folder with a usage error that names it', async () => {
    const folder = join(tmpdir(), 'ccr-sse-stress-none')
    await assert.rejects(readRun(folder), (error) => {
      assert.ok(error instanceof UsageError)
      assert.ok(error.message.includes(folder))
      return true
    })
  })

  for (const [which, file, damage, message] of [
    ['a truncated record', 'streams.ndjson', (text: string) => text.slice(0, -20), ':4: the last line is cut off.'],
    [
      'a file that was cut off at the end of a line',
      'streams.ndjson',
      (text: string) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1),
      ': has 3 lines instead of 4: it was cut off or changed after the run.',
    ],
    [
      'a file with a line too many',
      'flights.ndjson',
      () => `${JSON.stringify(flight)}\n`,
      ': has 1 line instead of 0: it was cut off or changed after the run.',
    ],
    ['a line that is not JSON', 'streams.ndjson', (text: string) => text.replace('{', '['), /:1: must be JSON: /],
    [
      'an unknown kind of failure',
      'streams.ndjson',
      (text: string) => text.replace('truncated_fin', 'tired'),
      ':4: outcome.kind: unknown value (got "tired").',
    ],
    [
      'a record without its end',
      'streams.ndjson',
      (text: string) => text.replace(/"endedNs":\d+,/, ''),
      ':1: endedNs: expected number, received undefined.',
    ],
    [
      'a number as a string',
      'streams.ndjson',
      (text: string) => text.replace('"bytes":1000', '"bytes":"1000"'),
      ':1: bytes: expected number, received string (got "1000").',
    ],
    [
      'an unknown member of a record',
      'streams.ndjson',
      (text: string) => text.replace('"bytes"', '"mood":1,"bytes"'),
      ':1: mood: unknown member.',
    ],
    ['an unknown member', 'run.json', (text: string) => text.replace('{', '{"mood": 1,'), ': mood: unknown member.'],
    [
      'an unknown member of the scenario',
      'run.json',
      (text: string) => text.replace('"seed"', '"mood": 1, "seed"'),
      ': scenario.mood: unknown member.',
    ],
    [
      'a member of a newer version',
      'run.json',
      (text: string) => text.replace('"harnessVersion": "0.1.0"', '"harnessVersion": "0.2.0", "mood": 1'),
      `: mood: unknown member. Written by ccr-sse-stress 0.2.0; this is ${version}. Use the version that wrote it.`,
    ],
    [
      'another version of the format',
      'run.json',
      (text: string) => text.replace('"schemaVersion": 1', '"schemaVersion": 2'),
      ': format version 2 instead of 1.',
    ],
    [
      'a damaged histogram',
      'run.json',
      (text: string) => text.replace('HISTF', 'HISTG'),
      /: interChunk.hdr: not a histogram/,
    ],
    [
      'a series with a column that is too short',
      'run.json',
      (text: string) => text.replace('"starts": [ 3, 0 ]', '"starts": [ 3 ]'),
      /: series: columns of different lengths/,
    ],
    [
      'damaged times of a second',
      'run.json',
      (text: string) => text.replace(/"ttft": \[\n\s+"[^"]+"/, '"ttft": [ "gICA"'),
      /: series.ttft.0: not the times of a second \(got "gICA"\)/,
    ],
    ['something after the JSON', 'run.json', (text: string) => `${text}{}`, /: must be JSON: /],
  ] as const) {
    it(`rejects ${which} with one line that names the file and the member`, async (t) => {
      const folder = await written(
        t,
        runOf([...records(3), failedRecord(3)], { harnessVersion: version, series: seriesOfTwoSeconds(3) }),
      )
      const path = join(folder, file)
      await writeFile(path, damage(await readFile(path, 'utf8')))
      await assert.rejects(readRun(folder), (error) => {
        assert.ok(error instanceof UsageError, String(error))
        assert.ok(error.message.startsWith(path), error.message)
        const rest = error.message.slice(path.length)
        if (typeof message === 'string') assert.equal(rest, message)
        else assert.match(rest, message)
        return true
      })
    })
  }
})

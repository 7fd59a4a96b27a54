import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { describeProblem, UsageError } from '../base/errors.ts'
import { arrivalKinds, expectedStreams, type LoadPhase, mostStreamsOf, shapes } from '../model/phase.ts'
import { formatDuration, formatRate } from '../model/phase-text.ts'
import { scenarioVariables } from './compose-variables.ts'
import { formatPhase, parseDuration, parseRate, parseStages } from './load-text.ts'
import { readRunOptions } from './run-options.ts'
import { experimentOf, type ScenarioOptions } from './scenario.ts'

type Flags = Readonly<Record<string, string | readonly string[]>>

const scenarioBy = (flags: Flags) => readRunOptions(flags, {}).experiment.scenario
const phasesBy = (flags: Flags) => scenarioBy(flags).phases

/** What is printed for flags that cannot work, one line each. */
function refusal(act: () => unknown): readonly string[] {
  try {
    act()
  } catch (error) {
    if (error instanceof UsageError) return error.problems.map(describeProblem)
    throw error
  }
  return []
}

describe('the flags of a load', () => {
  const accepted: readonly (readonly [flags: Flags, phase: Omit<LoadPhase, 'name'> | undefined])[] = [
    [{}, undefined],
    [{ shape: 'burst', streams: '5', 'ramp-ms': '10' }, undefined],
    [{ duration: '5m' }, { shape: 'constant-streams', streams: 100, durationS: 300 }],
    [
      { total: '20', streams: '5' },
      { shape: 'constant-streams', streams: 5, total: 20 },
    ],
    [
      { rate: '50/s', duration: '1.5h' },
      { shape: 'constant-arrival-rate', rate: 50, durationS: 5400, maxStreams: 1000 },
    ],
    [
      { rate: '2000/s', total: '7', 'delay-ms': '100' },
      { shape: 'constant-arrival-rate', rate: 2000, total: 7, maxStreams: 8000 },
    ],
    [
      { rate: '30/m', duration: '1m', arrivals: 'poisson', 'max-streams': '5' },
      { shape: 'constant-arrival-rate', rate: 0.5, durationS: 60, arrivals: 'poisson', maxStreams: 5 },
    ],
    [
      { stages: '30s:100,0s:50,500ms:50' },
      {
        shape: 'ramping-streams',
        stages: [
          { durationS: 30, target: 100 },
          { durationS: 0, target: 50 },
          { durationS: 0.5, target: 50 },
        ],
      },
    ],
    [
      { stages: '1m:50/s', rate: '10/s' },
      { shape: 'ramping-arrival-rate', rate: 10, stages: [{ durationS: 60, target: 50 }], maxStreams: 1000 },
    ],
    [
      { shape: 'ramping-arrival-rate', stages: '1m:50' },
      { shape: 'ramping-arrival-rate', stages: [{ durationS: 60, target: 50 }], maxStreams: 1000 },
    ],
  ]
  for (const [flags, phase] of accepted)
    it(`are one phase: ${JSON.stringify(flags)}`, () => {
      assert.deepEqual(phasesBy(flags), phase && [{ name: 'load', ...phase }])
    })

  const refused: readonly (readonly [flags: Flags, ...lines: RegExp[]])[] = [
    ...['', '50', '0/s', '-1/s', 'NaN', '1e99/s', '50/x', '50 /s', 'Infinity/s', '999999999/s', '50/ss'].map(
      (rate): [Flags, RegExp] => [
        { rate, duration: '5m' },
        /^--rate: must be a rate up to 100000\/s, such as 50\/s.*\(got ".*"\)\.$/,
      ],
    ),
    ...['', '5', '0s', '-5s', 'NaN', '1e99s', '5 m', '5min', '169h', '99999999999999h', '1h30m', '0.0001ms'].map(
      (duration): [Flags, RegExp] => [
        { duration },
        /^--duration: must be a duration from 1ms to 168h, such as .*\(got ".*"\)\.$/,
      ],
    ),
    ...[
      '',
      '30s',
      '30s:',
      ':5',
      '30:5',
      '30s:-5',
      '30s:1.5',
      '30s:1e9',
      '30s:5,',
      '0s:5',
      '30s:0',
      '5s:5/s,5s:5',
      '5s:5/x',
    ].map((stages): [Flags, RegExp] => [{ stages }, /^--stages: (must|has) .*\(got ".*"\)\.$/]),
    [{ stages: Array.from({ length: 101 }, () => '1s:5').join() }, /^--stages: must have at most 100 stages/],
    ...['0', '-1', '1.5', 'NaN', '1e9', '', '10k'].flatMap((number): [Flags, RegExp][] => [
      [{ total: number }, /^--total: must be a whole number from 1 to 10000000 \(got ".*"\)\.$/],
      [{ rate: '1/s', total: '5', 'max-streams': number }, /^--max-streams: must be a whole number from 1 to 100000/],
    ]),
    [{ shape: 'spike' }, /^--shape: must be one of burst, constant-streams/],
    [{ arrivals: 'normal', rate: '1/s', total: '1' }, /^--arrivals: must be one of constant, poisson/],
    [{ rate: '50/s' }, /^--duration: is missing: the shape constant-arrival-rate .* needs --duration or --total\.$/],
    [{ rate: '50/s', duration: '1m', 'ramp-ms': '5' }, /^--ramp-ms: does not apply to the shape constant-arrival-rate/],
    [{ rate: '50/s', duration: '1m', streams: '5' }, /^--streams: does not apply to the shape constant-arrival-rate/],
    [{ shape: 'burst', duration: '5m' }, /^--duration: does not apply to the shape burst\.$/],
    [{ shape: 'constant-streams' }, /^--duration: is missing/],
    [{ shape: 'ramping-streams', stages: '5s:5/s' }, /^--stages: must have streams as targets, not rates/],
    [{ 'max-streams': '5', duration: '5s' }, /^--rate: is missing/],
    [{ duration: '1s', 'ramp-ms': '1000' }, /^--ramp-ms: must be shorter than the duration, 1 s \(ramp is 1 s\)\.$/],
    [{ rate: '5000/s', duration: '100h' }, /^--rate: starts 1800000000 streams \(limit 10000000\)\. Use a lower rate/],
    [{ stages: '5s:5', duration: '5s' }, /^--duration: does not apply to the shape ramping-streams/],
    [{ phase: 'x' }, /^--phase: must be 'NAME: key=value, ...'/],
    [{ phase: 'X: streams=5' }, /^--phase: must be 'NAME: key=value, ...'/],
    [{ phase: '__proto__: streams=5' }, /^--phase: must be 'NAME: key=value, ...'/],
    [
      { phase: 'a: duratio=5s' },
      /^--phase: in phase a, duratio is not a setting of a phase .* Did you mean duration\?$/,
    ],
    [{ phase: 'a: __proto__=5s' }, /^--phase: in phase a, __proto__ is not a setting of a phase/],
    [{ phase: 'a: constructor=5s' }, /^--phase: in phase a, constructor is not a setting of a phase/],
    [{ phase: 'a:' }, /^--phase: in phase a, {2}is not a setting/],
    [{ phase: 'a: rate=5/s, rate=6/s' }, /^--phase: in phase a, rate is set twice/],
    [
      { phase: 'a: rate=5, duration=5' },
      /in phase a, rate must be a rate .*\(got "5"\)/,
      /duration must be a duration/,
    ],
    [{ phase: 'a: rate=5/s' }, /^--phase: in phase a, duration is missing: .* needs duration or total\.$/],
    [{ phase: 'a: streams=5, excluded=yes' }, /in phase a, excluded must be one of true, false/],
    [{ phase: 'a: streams=5, excluded=true' }, /^--phase: excludes every phase/],
    [{ phase: ['a: streams=5', 'a: streams=6'] }, /^--phase: has two phases named a/],
    [{ phase: 'a: streams=5', rate: '5/s' }, /^--rate: cannot be combined with --phase\. Set rate in each phase\.$/],
    [{ phase: 'a: streams=5', streams: '5' }, /^--streams: cannot be combined with --phase/],
    [
      { phase: Array.from({ length: 21 }, (_, index) => `p${index}: streams=5`) },
      /^--phase: can be used at most 20 times/,
    ],
    [
      { phase: ['a: rate=1/s, duration=5s, max-streams=60000', 'b: streams=60000'] },
      /^--phase: phases have up to 120000 streams open at once \(limit 100000\)/,
    ],
  ]
  for (const [flags, ...lines] of refused)
    it(`are refused in one line: ${JSON.stringify(flags).slice(0, 80)}`, () => {
      const printed = refusal(() => phasesBy(flags))
      assert.equal(printed.length, lines.length, printed.join('\n'))
      for (const [index, line] of lines.entries()) assert.match(printed[index] ?? '', line)
    })

  it('have the spelling of the library in its errors', () => {
    const cases: readonly (readonly [ScenarioOptions, RegExp])[] = [
      [{ rate: '5/s' }, /^duration: is missing: .* needs duration or total/],
      [{ duration: '5s', rampMs: 6000 }, /^rampMs: must be shorter than the duration/],
      [{ rate: '5/s', total: 5, maxStreams: 0 }, /^maxStreams: must be a whole number/],
      [{ phases: ['a: rate=5/s'] }, /^phases: in phase a, duration is missing/],
      [{ phases: ['a: streams=5'], rate: '1/s' }, /^rate: cannot be combined with phases/],
    ]
    for (const [options, line] of cases) assert.match(refusal(() => experimentOf(options))[0] ?? '', line)
    const { scenario } = experimentOf({ rate: '5/s', total: 7, maxStreams: 20 })
    assert.deepEqual(scenario.phases, [
      { name: 'load', shape: 'constant-arrival-rate', rate: 5, total: 7, maxStreams: 20 },
    ])
    assert.equal(scenario.streams, 20)
  })
})

describe('phases', () => {
  const texts = ['warm-up: streams=20, duration=30s, excluded=true', 'load: stages=1m:50/s,2m:80/s, arrivals=poisson']

  it('are read from --phase, and passed to a container as they are', () => {
    const { phases, streams } = scenarioBy({ phase: texts })
    assert.deepEqual(phases, [
      { name: 'warm-up', shape: 'constant-streams', streams: 20, durationS: 30, excluded: true },
      {
        name: 'load',
        shape: 'ramping-arrival-rate',
        stages: [
          { durationS: 60, target: 50 },
          { durationS: 120, target: 80 },
        ],
        arrivals: 'poisson',
        maxStreams: 1000,
      },
    ])
    assert.equal(streams, 1000)
    const variables = scenarioVariables(scenarioBy({ phase: texts }))
    assert.equal(variables['STREAMS'], undefined)
    const again = scenarioBy({ phase: (variables['PHASES'] ?? '').split(' ') })
    assert.deepEqual(again.phases, phases)
  })

  it('are the same after they were printed, whatever their settings', () => {
    const whole = (max: number) => fc.integer({ min: 1, max })
    const durationS = fc.oneof(
      whole(600_000),
      whole(10_000).map((ms) => ms / 1000),
    )
    const stages = (target: fc.Arbitrary<number>) =>
      fc.array(fc.record({ durationS, target }, { noNullPrototype: true }), { minLength: 1, maxLength: 4 })
    const phase = fc.record({
      streams: whole(1000),
      rampMs: whole(1),
      total: whole(1000),
      durationS,
      rate: whole(1000),
      maxStreams: whole(1000),
    })
    const both = fc.tuple(fc.constantFrom(...shapes), phase, stages(whole(100)), fc.constantFrom(...arrivalKinds))
    fc.assert(
      fc.property(both, ([shape, { streams, rampMs, total, durationS: s, rate, maxStreams }, list, arrivals]) => {
        const open = { arrivals, maxStreams }
        const members: Readonly<Record<typeof shape, object>> = {
          burst: { streams, rampMs },
          'constant-streams': { streams, total, durationS: s },
          'ramping-streams': { stages: list },
          'constant-arrival-rate': { total, rate, durationS: s, ...open },
          'ramping-arrival-rate': { rate, stages: list, ...open },
        }
        fc.pre(list.reduce((sum, stage) => sum + stage.durationS, 0) < 3600 && s < 3600)
        const made: LoadPhase = { name: 'a', shape, ...members[shape] }
        assert.deepEqual(phasesBy({ phase: formatPhase(made) }), [made])
      }),
    )
  })

  it('have durations and rates that are read as they were printed', () => {
    const texts = ['1ms', '500ms', '1.5s', '30s', '5m', '90m', '168h'].map(
      (text) => [text, parseDuration(text, [])] as const,
    )
    for (const [text, durationS = Number.NaN] of texts)
      assert.equal(parseDuration(formatDuration(durationS), []), durationS, text)
    assert.deepEqual([0.5, 90, 3600, 1.5].map(formatDuration), ['500ms', '90s', '1h', '1.5s'])
    assert.deepEqual([50, 0.5, 1 / 3600, 2.5].map(formatRate), ['50/s', '30/m', '1/h', '150/m'])
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const parse of [parseDuration, parseRate, parseStages]) {
          const problems: never[] = []
          assert.equal(parse(text, problems) === undefined, problems.length === 1)
        }
      }),
    )
  })

  it('know the streams that they have open at once: those that may linger are added, unless the next phase waits for them', () => {
    const phase = (shape: LoadPhase['shape'], members: Partial<LoadPhase>): LoadPhase => ({
      name: 'a',
      shape,
      ...members,
    })
    const closed = phase('constant-streams', { streams: 30, durationS: 5 })
    const burst = phase('burst', { streams: 100 })
    const open = phase('constant-arrival-rate', { rate: 20, durationS: 5, maxStreams: 80 })
    assert.equal(mostStreamsOf([closed, { ...closed, streams: 40 }]), 40)
    assert.equal(mostStreamsOf([closed, burst]), 130)
    assert.equal(mostStreamsOf([burst, closed]), 100)
    assert.equal(mostStreamsOf([burst, open]), 100)
    assert.equal(mostStreamsOf([open, closed]), 110)
    const load = { streams: 80, chunks: 20, delayMs: 50 }
    assert.equal(expectedStreams({ ...load, phases: [open] }), 20)
    assert.equal(expectedStreams({ ...load, phases: [open, closed] }), 30)
    assert.equal(expectedStreams({ streams: 80, phases: [open] }), 80)
    assert.equal(expectedStreams(load), 80)
  })
})

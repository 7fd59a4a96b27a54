import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quicklyJudgedRun, type World } from '../../../test/fixtures/compared-runs.ts'
import { describeProblem } from '../../base/errors.ts'
import type { Machine } from '../../model/machine.ts'
import type { Run } from '../../model/run.ts'
import { scenarioDigest } from '../../model/scenario-digest.ts'
import { againstProblems, compareProblems } from './checks.ts'
import type { JudgedRun } from './estimates.ts'
import { type DifferenceKind, differenceKinds } from './refusals.ts'

const machine: Machine = {
  cpus: 4,
  cpuModel: 'Model A',
  memoryBytes: 8 * 2 ** 30,
  kernel: 'Linux 6.8.0',
  architecture: 'x64',
  node: '24.1.0',
}

type Members = NonNullable<World['members']>
const common = { machine, topology: 'local' } as const
const template = quicklyJudgedRun(1, { members: common })

/** The same run as all others here, with another id and changed members. */
let made = 0
function runWith({ scenario, ...members }: Members = {}): JudgedRun {
  const id = `20260102-000000-${(made++).toString(16).padStart(6, '0')}`
  const run = { ...template.run, id, ...members, scenario: { ...template.run.scenario, ...scenario } } as Run
  return { ...template, folder: `results/${id}`, run }
}

const limited = (cpuLimit: number, memoryLimitMb: number): Members => ({
  cost: { container: { cpuLimit, memoryLimitBytes: memoryLimitMb * 2 ** 20 } },
})

/** One difference of each kind: members of BASE, members of NEW, and the message. */
const differences: readonly (readonly [DifferenceKind, Members, Members, RegExp])[] = [
  ['scenario', {}, { scenario: { streams: 200 } }, /streams is 200 instead of 100/],
  ['scenario', {}, { scenario: { delayMs: 21 } }, /delayMs is 21 instead of 20/],
  ['scenario', { scenario: { chunks: undefined } }, {}, /chunks is 5 instead of none/],
  ['scenario', {}, { scenario: { faults: ['reset:0.1'] } }, /faults is \["reset:0\.1"\] instead of none/],
  [
    'protocol',
    {},
    { target: { ...template.run.target, protocol: 'openai-responses' } },
    /protocol is openai-responses instead of anthropic-messages/,
  ],
  ['network', {}, { toxics: ['runner-gateway:latency=20ms'] }, /toxics is runner-gateway:latency=20ms instead of none/],
  ['topology', {}, { topology: 'containers' }, /topology is containers instead of local/],
  ['topology', {}, { command: 'stress' }, /command is stress instead of run/],
  ['limits', limited(1, 256), limited(2, 256), /CPU limit of the gateway is 2 instead of 1/],
  ['limits', limited(1, 256), limited(1, 512), /memory limit of the gateway is 512 MiB instead of 256 MiB/],
  ['limits', {}, limited(1, 256), /CPU limit of the gateway is 1 instead of none/],
  ['machine', {}, { machine: { ...machine, cpus: 8 } }, /CPUs is 8 instead of 4/],
  ['machine', {}, { machine: { ...machine, cpuModel: 'Model B' } }, /CPU model is Model B instead of Model A/],
  ['machine', {}, { machine: { ...machine, memoryBytes: 2 ** 34 } }, /memory is 16\.0 GiB instead of 8\.0 GiB/],
  ['machine', {}, { machine: { ...machine, kernel: 'Linux 6.9.0' } }, /kernel is Linux 6\.9\.0/],
  ['machine', {}, { machine: { ...machine, architecture: 'arm64' } }, /architecture is arm64 instead of x64/],
  ['harness', {}, { harnessVersion: '0.2.0' }, /ccr-sse-stress is 0\.2 instead of 0\.1/],
  ['harness', { harnessVersion: '1.2.0' }, { harnessVersion: '2.0.0' }, /ccr-sse-stress is 2 instead of 1/],
  ['harness', {}, { machine: { ...machine, node: '25.0.0' } }, /Node\.js is 25 instead of 24/],
]

const lines = (base: readonly JudgedRun[], changed: readonly JudgedRun[], allowed: readonly DifferenceKind[] = []) =>
  compareProblems(base, changed, allowed).map(describeProblem)

describe('runs that are not comparable', () => {
  for (const [kind, ofBase, ofChanged, message] of differences)
    it(`are refused with a line that says how to allow it: ${kind}, ${message.source}`, () => {
      const [base, changed] = [runWith(ofBase), runWith(ofChanged)]
      const found = lines([base], [changed]).filter((line) => message.test(line))
      assert.equal(found.length, 1)
      assert.ok(found[0]?.startsWith(`${changed.folder}: not comparable with ${base.folder}: `), found[0])
      assert.ok(found[0]?.endsWith(`pass --allow-different ${kind}.`), found[0])
      assert.deepEqual(lines([base], [changed], [kind]), [])
      const others = differenceKinds.filter((name) => name !== kind)
      assert.equal(lines([base], [changed], others).filter((line) => message.test(line)).length, 1)
      // Also between runs of one side.
      assert.ok(lines([base, changed], [runWith(ofBase)]).some((line) => message.test(line)))
    })

  it('are not those that differ in what does not change the load or the machine', () => {
    const same = [
      { scenario: { seed: 99, firstStream: 7, drainLimitS: 3 } },
      { machine: { ...machine, memoryBytes: 8 * 2 ** 30 + 4e6, node: '24.9.0' } },
      { harnessVersion: '0.1.7' },
      { toxics: [] },
    ]
    for (const members of same) assert.deepEqual(lines([runWith()], [runWith(members)]), [])
  })

  it('are not compared by what earlier versions did not store', () => {
    assert.deepEqual(lines([runWith({ machine: undefined, topology: undefined })], [runWith()]), [])
  })

  it('name a difference once, however many runs have it', () => {
    const changed = [1, 2, 3].map(() => runWith({ scenario: { streams: 7 } }))
    assert.equal(lines([runWith(), runWith()], changed).length, 1)
  })

  it('include the same run twice, invalid and interrupted ones, and different gateways on one side', () => {
    const base = runWith()
    assert.match(`${lines([base], [{ ...base, folder: 'copy' }])}`, /copy: is the same run as results\//)
    const invalid = runWith()
    const why = { ...invalid.judgement, verdict: 'invalid', reasons: ['The mock ended.'] } as const
    assert.match(`${lines([base], [{ ...invalid, judgement: why }])}`, /the run is invalid: The mock ended\. Repeat/)
    const timing = { state: 'invalid', reasons: ['The runner was slow.'] } as const
    const wrongTimes = { ...invalid, judgement: { ...invalid.judgement, verdict: 'fail', timing } as const }
    assert.match(`${lines([wrongTimes], [base])}`, /the run is invalid: The runner was slow\. Repeat/)
    assert.match(`${lines([base], [runWith({ interruptedBy: 'SIGINT' })])}`, /the run was interrupted by SIGINT/)
    assert.match(`${lines([base], [runWith({ stopped: { phase: 'warm-up' } })])}`, /ended in its phase warm-up/)
    const abortedBy = { threshold: 'failed.rate < 1%, abort', afterS: 3, got: '2.00 %' }
    assert.match(
      `${lines([base], [runWith({ abortedBy })])}`,
      /the threshold failed\.rate < 1%, abort ended its load early/,
    )
    const envoy = runWith({ gateway: { ...template.run.gateway, name: 'envoy' } })
    assert.match(`${lines([base, envoy], [runWith()])}`, /is of another gateway than results\/\S+: envoy and embedded/)
    assert.deepEqual(lines([base], [envoy]), [])
  })

  it('are refused before the new run starts, if it is known then', () => {
    const planned = { ...runWith().run, command: 'run' as const }
    const problems = (base: JudgedRun, allowed: readonly DifferenceKind[] = []) =>
      againstProblems([base], planned, allowed).map(describeProblem)
    assert.deepEqual(problems(runWith()), [])
    assert.deepEqual(problems(runWith(limited(1, 256))), [])
    for (const [kind, , ofChanged] of differences.filter(([name]) => name !== 'limits')) {
      const base = runWith(ofChanged)
      assert.equal(problems(base).length, Object.keys(ofChanged).length > 0 ? 1 : 0, JSON.stringify(ofChanged))
      assert.match(problems(base)[0] ?? 'this run: ', /^this run: /)
      assert.deepEqual(problems(base, [kind]), [])
    }
  })
})

describe('the digest of a scenario', () => {
  const { scenario } = template.run
  it('is the same for another seed, and for members in another sequence', () => {
    const reversed = Object.fromEntries(Object.entries(scenario).reverse()) as typeof scenario
    assert.equal(scenarioDigest({ ...reversed, seed: 5, firstStream: 9 }), scenarioDigest(scenario))
    assert.match(scenarioDigest(scenario), /^[0-9a-f]{12}$/)
  })

  it('differs for any other load', () => {
    const others = [{ streams: 3 }, { chunks: undefined }, { rampMs: 1 }, { model: 'x' }, { faults: ['a', 'b'] }]
    const digests = others.map((members) => scenarioDigest({ ...scenario, ...members }))
    assert.equal(new Set([...digests, scenarioDigest(scenario)]).size, others.length + 1)
    assert.notEqual(scenarioDigest({ ...scenario, faults: ['b', 'a'] }), digests[4])
  })
})

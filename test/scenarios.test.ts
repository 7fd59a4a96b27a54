import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { parse } from 'yaml'
import { describeProblem, UsageError } from '../src/base/errors.ts'
import { acceptedBy } from '../src/base/values.ts'
import { runExperiment } from '../src/experiment/experiment.ts'
import { judge } from '../src/judge/judgement.ts'
import { readScenario } from '../src/library/read-scenario.ts'
import { readRunOptions } from '../src/options/run-options.ts'
import { experimentOf } from '../src/options/scenario.ts'
import { readyScenarios, scenarioFileOf } from '../src/options/scenario-file.ts'
import { keyFlags } from '../src/options/scenario-keys.ts'
import { scenarioYaml } from '../src/options/scenario-yaml.ts'
import { newRunId } from '../src/results/run-id.ts'
import { startLocalTopology } from '../src/topology/local.ts'
import type { Topology } from '../src/topology/topology.ts'
import { scenarioJsonSchema } from '../tools/scenario-schema.ts'
import { runCli, script, startCommand } from './fixtures/cli.ts'
import { freePorts } from './fixtures/free-port.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const folder = temporaryFolder({ after })
const root = new URL('../', import.meta.url)
const textOf = (name: string) => readFileSync(new URL(`config/scenarios/${name}.yml`, root), 'utf8')
const validate = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(scenarioJsonSchema())

describe('the ready scenarios', () => {
  it('are the files of config/scenarios, which are in the package and in the image of the runner', () => {
    const files = readdirSync(new URL('config/scenarios/', root))
    assert.deepEqual(files.sort(), readyScenarios.map((name) => `${name}.yml`).sort())
    assert.ok(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).files.includes('config'))
    assert.match(readFileSync(new URL('Dockerfile.runner', root), 'utf8'), /^COPY .*config \.\/config$/m)
  })

  for (const name of readyScenarios)
    it(`include ${name}: valid by the schema that its first line names, with a question`, () => {
      const [first = ''] = textOf(name).split('\n')
      assert.equal(first, '# yaml-language-server: $schema=../scenario.schema.json')
      assert.ok(validate(parse(textOf(name))), JSON.stringify(validate.errors))
      const { experiment, effective } = readRunOptions({ scenario: name }, {})
      assert.match(effective.description ?? '', /^[A-Z][^.?]+\? .*\.$/)
      assert.equal(experiment.scenario.name, name)
    })

  it('are listed by `scenarios`, with shape, streams, duration and question', async () => {
    const { status, stdout, stderr } = await runCli(['scenarios'])
    assert.deepEqual([status, stderr], [0, ''])
    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/))
    for (const name of readyScenarios) {
      const [, shape = '', streams = '', duration = '', question = ''] = lines.find(([first]) => first === name) ?? []
      assert.match(`${shape}|${streams}|${duration}|${question}`, /^[a-z-]+.*\|[\d,]+\|[\d.]+(ms|s|m|h)\|[A-Z].*\?$/)
    }
  })
})

/** What makes each ready scenario small enough for a test. */
const small: Readonly<Record<(typeof readyScenarios)[number], Readonly<Record<string, string | string[]>>>> = {
  smoke: {},
  'original-100': { streams: '20', 'delay-ms': '5' },
  'burst-1000': { streams: '60', 'delay-ms': '5' },
  ramp: { 'delay-ms': '5', phase: ['few: stages=100ms:5', 'more: stages=0s:5,100ms:10'] },
  sustained: { streams: '10', duration: '200ms', 'ramp-ms': '20', 'delay-ms': '2' },
  soak: { streams: '10', duration: '200ms', 'ramp-ms': '20', 'delay-ms': '1' },
  spike: {
    'delay-ms': '5',
    phase: [
      'usual: rate=50/s, duration=100ms',
      'spike: rate=300/s, duration=100ms',
      'recovery: rate=50/s, duration=100ms',
    ],
  },
  'thundering-herd': { 'delay-ms': '5', phase: ['first: streams=30', 'second: streams=30'] },
  'slow-readers': { streams: '10', chunks: '5', 'delay-ms': '5' },
  'abort-storm': { streams: '20', duration: '200ms', 'ramp-ms': '20', 'delay-ms': '2' },
  'long-answers': { streams: '3', chunks: '200', 'ramp-ms': '0', 'delay-ms': '1' },
  'agent-session': {
    streams: '5',
    total: '10',
    'ramp-ms': '10',
    mix: [
      'tools: content=tools, chunks=5, delay-ms=1, prompt-kb=16',
      'parallel: content=parallel, chunks=5, delay-ms=1',
    ],
  },
  'fault-mix': { streams: '50', 'ramp-ms': '0', 'delay-ms': '5' },
  'hold-10k': { streams: '100', 'ramp-ms': '50', 'delay-ms': '50' },
}

describe('each ready scenario, made small, runs', { timeout: 60_000 }, () => {
  let topology: Topology
  const context = { signal: new AbortController().signal, onProgress: () => undefined, onLoad: () => undefined }
  before(async () => {
    const { topology: chosen } = readRunOptions({ gateway: 'reference' }, {})
    assert.ok(chosen.kind === 'local')
    const host = { ...context, env: process.env, log: silentLog, cli: { execPath: process.execPath, script } }
    topology = await startLocalTopology({ ...chosen.options, mockPort: 0, ccrPort: 0 }, host)
  })
  after(async () => topology[Symbol.asyncDispose]())

  for (const [name, flags] of Object.entries(small))
    it(`${name} runs to the end, with its name in the run`, async () => {
      const argv = { ...flags, scenario: name, 'no-baseline': true, 'no-warm-up': true, 'drain-limit': '0' }
      const { experiment } = readRunOptions(argv, {})
      const run = await runExperiment(topology, experiment, { ...context, id: newRunId() })
      const { summary } = judge(run)
      assert.equal(run.scenario.name, name)
      assert.deepEqual([run.stopped, run.interruptedBy], [undefined, undefined])
      const injected = name === 'fault-mix' ? run.records.length / 4 : 0
      assert.ok(summary.whole > 0 && summary.failed <= injected, JSON.stringify(summary))
    })
})

/** Valid texts of a flag; undefined if only a list of its own has some. */
function textsOf(flag: ReturnType<typeof keyFlags>[number]): fc.Arbitrary<unknown> | undefined {
  if (flag.kind === 'switch') return fc.constantFrom(true, false)
  const { type, values } = acceptedBy(flag.schema)
  const [, min, max] = /^([\d.]+) to ([\d.]+)$/.exec(values ?? '') ?? []
  const from = texts[flag.name]
  const single =
    from !== undefined
      ? fc.constantFrom(...from)
      : type === 'choice'
        ? fc.constantFrom(...(values ?? '').split(', '))
        : type === 'integer'
          ? fc.integer({ min: Number(min), max: Number(max) }).map(String)
          : type === 'number'
            ? fc.integer({ min: Math.ceil(Number(min)), max: Number(max) }).map(String)
            : undefined
  return flag.kind === 'list' && single ? fc.array(single, { minLength: 1, maxLength: 3 }) : single
}

/** Valid texts of flags that are not numbers or choices. */
const texts: Readonly<Record<string, readonly string[]>> = {
  duration: ['500ms', '30s', '5m'],
  rate: ['50/s', '30/m', '7/h'],
  stages: ['30s:100,1m:500', '1s:50/s,0s:3/s', '1m:2'],
  phase: [
    'a: streams=10',
    'b: streams=5, duration=3s, excluded=true',
    'c: rate=5/s, duration=9s, arrivals=poisson',
    'd: stages=3s:5,0s:7',
  ],
  workers: ['auto', '1', '3'],
  mix: [
    'a: chunks=5',
    'b: weight=2.5, chunks=uniform(1,5), client-fault=abort@50%:0.5',
    'c: delay-ms=values(1,2,3), content=tools',
  ],
  fault: ['truncate@50%:0.05', 'reset:0.1', 'http-500#3,4'],
  'client-fault': ['abort@50%:0.1', 'slow-read@headers:0.2'],
  model: ['a', 'null', '1.10', '- x', 'x: y', '# no', '"', "it's", 'true', ' a ', '@x', '~'],
  header: ['anthropic-beta: x', 'X-Key: Bearer @KEY', 'X-Team: @TEAM'],
  'api-key-env': ['KEY'],
  'ccr-url': ['http://127.0.0.1:8080', 'http://localhost/x'],
  'mock-url': ['http://127.0.0.1:9090'],
  'health-path': ['/health', '/x?y=1'],
  toxic: ['gateway-mock:latency=20ms', 'runner-gateway:latency=5ms,jitter=1ms'],
  threshold: ['ttft.p99 < 250ms', 'failed.rate<0.01,abort', 'ttft{phase:load}.p50<=5'],
  goodput: ['ttft < 500ms', 'interChunk.max < 1s'],
  against: ['results/latest', '5'],
  allow: ['5%', 'ttft.p99=10%'],
}

describe('--print-scenario', () => {
  const env = { KEY: 'k', TEAM: 't' }
  let files = 0
  const load = (text: string) => {
    const path = join(folder, `${++files}.yml`)
    writeFileSync(path, text)
    return readRunOptions({ scenario: path }, env)
  }
  const comparable = ({ experiment, workers, topology, descriptorsPerStream, against }: ReturnType<typeof load>) => {
    const { name: _, ...scenario } = experiment.scenario
    return JSON.parse(JSON.stringify([{ ...experiment, scenario }, workers, topology, descriptorsPerStream, against]))
  }

  it('prints a file that gives the same run when it is read, and that is valid by the schema', () => {
    const flags = keyFlags().flatMap((flag) => {
      const values = textsOf(flag)
      return values ? [[flag.name, values] as const] : []
    })
    const argvs = fc
      .subarray(flags, { maxLength: 6 })
      .chain((chosen) => fc.record(Object.fromEntries(chosen) as Record<string, fc.Arbitrary<unknown>>))
    let accepted = 0
    fc.assert(
      fc.property(argvs, (argv) => {
        let options: ReturnType<typeof load>
        try {
          options = readRunOptions(argv, env)
        } catch (error) {
          // Flags that do not go together.
          assert.ok(error instanceof UsageError)
          return
        }
        accepted++
        const text = scenarioYaml(options.effective, 'schema.json')
        assert.deepEqual(comparable(load(text)), comparable(options), text)
        assert.ok(validate(parse(text)), `${JSON.stringify(validate.errors)}\n${text}`)
      }),
      { numRuns: 250 },
    )
    assert.ok(accepted > 40, `${accepted} of 250`)
  })

  it('prints what each ready scenario, and each of its overrides, results in', () => {
    for (const [name, flags] of Object.entries(small)) {
      const options = readRunOptions({ scenario: name, ...flags }, env)
      const printed = load(scenarioYaml(options.effective, 'schema.json'))
      assert.deepEqual(comparable(printed), comparable(options), name)
      assert.equal(printed.experiment.scenario.name, name)
      assert.equal(printed.effective.description, options.effective.description)
    }
  })

  it('prints no value of a header that may be secret', () => {
    const { effective } = readRunOptions({ header: ['X-Key: canary', 'X-Team: @TEAM'] }, env)
    const text = scenarioYaml(effective, 'schema.json')
    assert.doesNotMatch(text, /canary/)
    assert.match(text, /^# The value of the header X-Key is not printed: pass it with --header\.$/m)
    assert.deepEqual(parse(text).header, ['X-Team: @TEAM'])
  })

  it('prints the scenario to stdout and starts nothing', async () => {
    const out = join(folder, 'results')
    const args = ['run', '--scenario', 'spike', '--chunks', '7', '--print-scenario', '--out', out]
    const { status, stdout, stderr } = await runCli(args)
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^# yaml-language-server: \$schema=.*scenario\.schema\.json\n/)
    assert.equal(parse(stdout).chunks, 7)
    assert.equal(readdirSync(folder).includes('results'), false)
  })
})

describe('run --scenario', () => {
  it('reads a pipe once, also for several gateways', async () => {
    const text = 'streams: 7\\ngateway: [reference, direct]\\n'
    const command = `"${process.execPath}" "${script}" run --print-scenario --scenario <(printf '${text}')`
    const { status, stdout, stderr } = await startCommand(['bash', '-c', command]).ended
    assert.deepEqual([status, stderr], [0, ''])
    const { streams, gateway, model } = parse(stdout)
    // Each of several gateways may have its own model.
    assert.deepEqual([streams, gateway, model], [7, ['reference', 'direct'], undefined])
  })

  it('stores the scenario and its name, and a rerun has the flags of the file', async () => {
    const path = join(folder, 'tiny.yml')
    writeFileSync(path, 'streams: 3\nchunks: 4\ndelay-ms: 1\ngateway: reference\nno-baseline: true\nfault: [slice]\n')
    const out = join(folder, 'out')
    const [mockPort, ccrPort] = await freePorts(2)
    const ports = ['--mock-port', `${mockPort}`, '--ccr-port', `${ccrPort}`]
    const { status, stdout } = await runCli(['run', '--scenario', path, '--streams', '5', '--out', out, ...ports])
    assert.equal(status, 0)
    const run = JSON.parse(readFileSync(join(out, 'latest', 'run.json'), 'utf8'))
    const { name, streams, chunks } = run.scenario
    assert.deepEqual([name, streams, chunks], ['tiny', 5, 4])
    assert.match(stdout, /Scenario: tiny, 5 streams, 4 deltas/)
    assert.match(stdout, /Rerun: .* --chunks=4 --delay-ms=1 .*--fault=slice .*--streams 1 --first-stream \d/)
    assert.doesNotMatch(stdout, /--scenario/)
  })
})

describe('readScenario', () => {
  it('gives the library what `run --scenario` runs', () => {
    for (const name of readyScenarios) {
      const { experiment } = readRunOptions({ scenario: name }, {})
      const { name: _, ...scenario } = experiment.scenario
      const fromLibrary = experimentOf(readScenario(name))
      assert.deepEqual(fromLibrary.scenario, scenario, name)
      assert.equal(fromLibrary.baseline, experiment.baseline)
    }
  })

  it('refuses mistakes, and keys that the library has elsewhere', () => {
    const path = join(folder, 'topology.yml')
    writeFileSync(path, 'streams: 0\ntopology: standing\nno-warm-up: true\n')
    assert.throws(
      () => readScenario(path),
      (error) => {
        assert.ok(error instanceof UsageError)
        assert.match(
          error.message,
          /topology\.yml:1:10: streams: must be.*\n.*topology\.yml:2:11: topology: is a key for/,
        )
        return true
      },
    )
  })
})

describe('the documentation', () => {
  it('has only valid scenario files', () => {
    const page = readFileSync(new URL('docs/scenarios.md', root), 'utf8')
    const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text)
    assert.ok(blocks.length > 0)
    for (const text of blocks) {
      const path = join(folder, 'documented.yml')
      writeFileSync(path, text)
      assert.ok(readRunOptions({ scenario: path }, {}).experiment.scenario.phases)
      assert.ok(validate(parse(text)), JSON.stringify(validate.errors))
    }
  })
})

describe('any content of a file', () => {
  it('is read or refused, and never thrown at', () => {
    const ready = readyScenarios.map(textOf)
    const change = fc.record({
      text: fc.constantFrom(...ready),
      at: fc.nat(400),
      cut: fc.nat(20),
      put: fc.string({ maxLength: 8 }),
    })
    const changed = change.map(({ text, at, cut, put }) => Buffer.from(text.slice(0, at) + put + text.slice(at + cut)))
    const marks = fc.constantFrom(
      ...'{}[]&*!|>?:-%@`"\'#,\n \t'.split(''),
      'a',
      'streams',
      ': ',
      '- ',
      'phases',
      'mix',
      'name',
      '1',
      '~',
      '<<',
    )
    const strange = fc.array(marks, { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')))
    const bytes = fc.uint8Array({ maxLength: 60 })
    fc.assert(
      fc.property(fc.oneof(changed, strange, bytes), (content) => {
        const { problems, texts } = scenarioFileOf(content, 's.yml')
        for (const problem of problems) assert.match(describeProblem(problem), /^s\.yml:\d+:\d+: [^\n]+$/)
        assert.ok(Object.keys(texts).every((name) => keyFlags().some((flag) => flag.name === name)))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the JSON Schema of scenario files', () => {
  const isValid = (text: string) => validate(parse(text))
  it('accepts and refuses what the program does, as far as a schema can', () => {
    for (const text of [
      'streams: 5',
      'fault: reset',
      'phases: [{ name: a, streams: 5, stages: [5s:3, { duration: 5s, target: 3 }] }]',
      'thresholds: { ttft: [p(99)<1, { threshold: p(50)<1, abortOnFail: true }] }',
      'mix: [{ name: a, weight: 2, chunks: "uniform(1,2)" }, "b: chunks=3"]',
    ])
      assert.ok(isValid(text), text)
    for (const text of [
      'stremas: 5',
      'streams: "5"',
      'streams: 0',
      'streams: 1.5',
      'content: text',
      'no-baseline: 1',
      'out: x',
      'version: 2',
      'fault: [5]',
      'phases: []',
      'phases: [{ streams: 5 }]',
      'phases: [{ name: a, steams: 5 }]',
      'thresholds: { ttft: [{ threshold: x, abort: true }] }',
      '{ phase: "a: streams=1", phases: [{ name: a }] }',
    ])
      assert.ok(!isValid(text), text)
  })
})

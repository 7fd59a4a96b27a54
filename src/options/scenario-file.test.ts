import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { describeProblem, EnvironmentError, UsageError } from '../base/errors.ts'
import { flagsOf } from './flags.ts'
import { readRunOptions } from './run-options.ts'
import { fileLimits } from './scenario-document.ts'
import { scenarioFileOf } from './scenario-file.ts'
import { keyFlags } from './scenario-keys.ts'

const folder = temporaryFolder({ after })

/** The errors of a file with this content, one line each. */
function errorsOf(content: string | Uint8Array): readonly string[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return scenarioFileOf(bytes, 's.yml').problems.map(describeProblem)
}

let files = 0

/** A file with this content. */
function write(content: string, extension = 'yml'): string {
  const path = join(folder, `${++files}.${extension}`)
  writeFileSync(path, content)
  return path
}

/** What `run --scenario` makes of a file with this content, and of flags. */
function read(content: string, flags: Readonly<Record<string, unknown>> = {}, env: NodeJS.ProcessEnv = {}) {
  return readRunOptions({ scenario: write(content), ...flags }, env)
}

/** The errors of `run --scenario`, without the folder of the file. */
function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof UsageError, `${error}`)
    return error.message.replaceAll(/\S*\/\d+\.(yml|json)/g, 's.yml')
  }
  throw new assert.AssertionError({ message: 'it was accepted' })
}

const laughs = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
for (let at = 1; at < 9; at++) {
  const [name, before] = ['abcdefghi'[at], 'abcdefghi'[at - 1]]
  laughs.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`)
}

/** Contents that are refused, each with the line that reports the error. */
const _bad: Readonly<Record<string, readonly [content: string | Uint8Array, says: RegExp]>> = {
  'an empty file': ['', /^s\.yml:1:1: is empty\. See `ccr-sse-stress scenarios`/],
  'a file of comments': ['# nothing\n\n', /^s\.yml:1:1: is empty/],
  'a document marker alone': ['---\n', /^s\.yml:1:4: must be a map/],
  'a text instead of a map': ['streams', /^s\.yml:1:1: must be a map of keys and values/],
  'a list instead of a map': ['- streams: 1\n', /^s\.yml:1:1: must be a map of keys and values/],
  'a JSON list': ['[1, 2]', /^s\.yml:1:1: must be a map of keys and values/],
  null: ['null\n', /^s\.yml:1:1: must be a map/],
  'binary data': [new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x80]), /^s\.yml:1:1: must be UTF-8 text\.$/],
  'UTF-16 with a byte order mark': [
    Buffer.from('\ufeffstreams: 1', 'utf16le'),
    /^s\.yml:1:1: must be UTF-8, not UTF-16/,
  ],
  'UTF-16 without a byte order mark': [Buffer.from('streams: 1', 'utf16le'), /^s\.yml:1:2: .*control characters/],
  'a control character': ['streams: 1\nmodel: a\u001bb\n', /^s\.yml:2:9: must not contain control characters \(got /],
  'more than 1 MiB': [`# ${'x'.repeat(fileLimits.bytes)}`, /^s\.yml:1:1: must have at most 1 MiB\.$/],
  'very many values': [`fault: [${'x,'.repeat(60_000)}]`, /^s\.yml:1:1: must have at most 50000 keys, values/],
  'open brackets up to 1 MiB': ['['.repeat(fileLimits.bytes), /^s\.yml:1:1: must have at most 50000 keys, values/],
  'very many levels in flow style': [`a: ${'['.repeat(20_000)}`, /^s\.yml:1:1: must have at most 32 levels/],
  'very many levels in block style': ['- '.repeat(20_000), /^s\.yml:1:1: must have at most 32 levels/],
  '33 levels': [`a: ${'['.repeat(33)}${']'.repeat(33)}`, /^s\.yml:1:1: must have at most 32 levels/],
  'tabs as indentation': [
    'phases:\n\t- name: a\n',
    /^s\.yml:2:1: is not valid YAML: tabs are not allowed as indentation/,
  ],
  'an open bracket': ['fault: [reset\n', /^s\.yml:\d:\d: is not valid YAML: /],
  'an open quote': ['model: "a\n', /^s\.yml:\d+:\d+: is not valid YAML: missing closing "quote/],
  'a colon in a text': ['header: X-Team: x\n', /^s\.yml:1:9: is not valid YAML: nested mappings/],
  'an at sign without quotes': [
    'header:\n  - X-Team\n  - @X\n',
    /^s\.yml:3:5: is not valid YAML: .*Put the text in quotes/,
  ],
  'two documents': ['streams: 1\n---\nchunks: 2\n', /^s\.yml:2:1: must contain one document/],
  'a directive': ['%YAML 1.1\n---\nstreams: 1\n', /^s\.yml:1:1: must not have a directive/],
  'a tag directive': ['%TAG !e! tag:e,2000:\n---\nstreams: 1\n', /^s\.yml:1:1: must not have a directive/],
  'a tag': ['streams: !!int 5\n', /^s\.yml:1:16: must not have a tag \(got "tag:yaml.org,2002:int"\)/],
  'a custom tag': ['model: !js/function x\n', /must not have a tag \(got "!js\/function"\)/],
  'a tag of a key': ['!!str streams: 5\n', /must not have a tag/],
  'a duplicate key': [
    'streams: 1\nchunks: 2\nstreams: 3\n',
    /^s\.yml:3:1: must not be set twice: it is also set in line 1/,
  ],
  'a duplicate key in JSON': ['{"streams": 1,\n "streams": 1}', /^s\.yml:2:2: must not be set twice/],
  'a duplicate key of a phase': ['phases:\n  - {name: a, streams: 1, name: b}', /^s\.yml:2:27: must not be set twice/],
  'a merge key': ['<<: { streams: 1 }\n', /^s\.yml:1:1: must not have merge keys/],
  'the key __proto__': ['__proto__: { streams: 1 }\n', /^s\.yml:1:1: is not allowed as a key \(got "__proto__"\)/],
  'the key constructor in JSON': ['{"constructor": {"prototype": 1}}', /^s\.yml:1:18: is not allowed as a key/],
  'the key prototype in thresholds': [
    'thresholds: { prototype: p(99)<1 }',
    /is not allowed as a key \(got "prototype"\)/,
  ],
  'a number as a key': ['1: 2\n', /^s\.yml:1:1: must have text as its key \(got "1"\)/],
  'a list as a key': ['? [a]\n: 2\n', /^s\.yml:1:3: must have text as its key/],
  'an alias without an anchor': ['streams: *a\n', /^s\.yml:1:10: must have its anchor in a line above \(got "\*a"\)/],
  'a cyclic alias': ['fault: &a [*a]\n', /^s\.yml:1:12: must have at most/],
  'a cyclic alias in a map': ['phases: &a [{ name: *a }]\n', /must have at most/],
  'aliases that multiply': [laughs.join('\n'), /must have at most \d+ (aliases|values)/],
  'more than 50 aliases': [`a: &a x\nfault: [${'*a, '.repeat(51)}]\n`, /must have at most 50 aliases/],
  'an unknown key': ['stremas: 5\n', /^s\.yml:1:1: unknown key \(got "stremas"\)\. Did you mean streams\?$/],
  'a key in camel case': ['delayMs: 5\n', /unknown key \(got "delayMs"\)\. Did you mean delay-ms\?/],
  'a key of the library': ['faults: x\n', /Did you mean fault\?/],
  'a key like no other': ['xyzzy: 5\n', /unknown key \(got "xyzzy"\)\. docs\/scenarios\.md describes the keys\.$/],
  'a number as text': [
    'streams: "100"\n',
    /^s\.yml:1:10: streams: must be a whole number .*\(got "100"\)\. Remove the quotes\.$/,
  ],
  'a text instead of a number': [
    'streams: many\n',
    /streams: must be a whole number from 1 to 100000 \(got "many"\)\.$/,
  ],
  'a number with a unit': ['streams: 10k\n', /streams: must be a whole number from 1 to 100000 \(got "10k"\)/],
  'a number below the range': ['streams: 0\n', /streams: must be a whole number from 1 to 100000 \(got 0\)/],
  'a negative number': ['chunks: -1\n', /chunks: must be a whole number from 1 to 1000000 \(got -1\)/],
  'a fraction instead of a whole number': ['streams: 1.5\n', /streams: must be a whole number .*\(got 1\.5\)/],
  'a huge number': ['streams: 1e9\n', /streams: must be a whole number .*\(got 1e9\)/],
  'a number beyond all ranges': ['timeout: 1e999\n', /timeout: must be a number .*\(got 1e999\)/],
  NaN: ['streams: .nan\n', /streams: must be a whole number .*\(got \.nan\)/],
  infinity: ['timeout: .inf\n', /timeout: must be a number .*\(got \.inf\)/],
  'null as a value': [
    'streams: null\n',
    /streams: must be a whole number .*\(got null\)\. Give the key a value, or remove it\./,
  ],
  'a key without a value': ['streams:\n', /streams: must be a whole number .*\(got nothing\)\. Give the key a value/],
  'true instead of a number': ['streams: true\n', /streams: must be a whole number .*\(got true\)/],
  'a list instead of a number': [
    'streams: [5]\n',
    /streams: must be a whole number from 1 to 100000, one value only \(got a list\)/,
  ],
  'a map instead of a number': ['streams: { a: 5 }\n', /streams: must be a whole number .*\(got a map\)/],
  'a number instead of a text': ['model: 1.10\n', /model: must be text.* \(got 1\.10\)\. Put it in quotes\./],
  'a truth value instead of a text': ['model: true\n', /model: must be text.* \(got true\)/],
  'a truth value as text': ['no-baseline: "yes"\n', /no-baseline: must be true or false \(got "yes"\)/],
  'a number instead of a truth value': ['no-baseline: 1\n', /no-baseline: must be true or false \(got 1\)/],
  'a list of truth values': ['no-baseline: [true]\n', /no-baseline: must be true or false \(got a list\)/],
  'an unknown choice': ['content: text\n', /content: must be one of mixed, all, .*\(got "text"\)/],
  'a map in a list of texts': ['fault: [{ name: reset }]\n', /^s\.yml:1:9: fault: must be NAME.*\(got a map\)/],
  'a list in a list of texts': [
    'fault: [[reset]]\n',
    /^s\.yml:1:9: fault: must be NAME.*one value only \(got a list\)/,
  ],
  'an unknown fault': ['fault:\n  - reset\n  - rset\n', /^s\.yml:3:5: fault: .*"rset"/],
  'a duration without a unit': ['duration: 30\n', /duration: must be a duration .*such as 500ms.*\(got 30\)/],
  'a rate without a unit': ['rate: 50\n', /rate: must be a rate .*\(got 50\)/],
  'a URL with credentials': ['ccr-url: http://u:canary@h\n', /ccr-url: .*\(got a URL with credentials\)/],
  'a URL without a scheme': ['ccr-url: localhost\n', /ccr-url: must be a URL such as/],
  'a newer version': ['version: 2\n', /version needs a newer ccr-sse-stress: this one reads version 1 \(got 2\)/],
  'a version that is text': ['version: "1"\n', /version: must be 1 \(got "1"\)/],
  'a name that is a number': ['name: 5\n', /name: must be text of 1 to 80 letters/],
  'an empty description': ['description: ""\n', /description: must be text of 1 to 2000/],
  'a place to write to': [
    'out: x\n',
    /^s\.yml:1:1: out: is not a key of scenario files, because it names a folder to write to\. Pass --out/,
  ],
  'a program to start': [
    'ccr-bin: x\n',
    /ccr-bin: is not a key of scenario files, because it names a program to start/,
  ],
  'another scenario': ['scenario: smoke\n', /scenario: is not a key of scenario files/],
  'a secret header': [
    'header: "X-Key: canary"\n',
    /^s\.yml:1:9: header: must get its value from an environment variable \(got X-Key: \.\.\.\)\. Write "X-Key: @VARIABLE"/,
  ],
  'a header as a map': ['header: [{ X-Key: canary }]\n', /header: must be .*\(got a hidden value\)\. Put it in quotes/],
  'a key in place of its variable': ['api-key-env: sk-canary-1\n', /api-key-env: .*\(got a hidden value\)/],
  'a phase with only a name': ['phases: [{ name: a }]\n', /^s\.yml:1:10: the phase a needs settings such as streams/],
  'phases that are a number': ['phases: 5\n', /^s\.yml:1:9: phases: must be a list of maps such as .*\(got 5\)/],
  'no phases': ['phases: []\n', /phases: must be a list of maps/],
  'a phase without a name': ['phases:\n  - streams: 5\n', /^s\.yml:2:5: a phase needs a name, such as name: load\.$/],
  'a phase with a bad name': [
    'phases:\n  - { name: A b, streams: 5 }\n',
    /^s\.yml:2:13: name: must be 1 to 40 lower-case letters/,
  ],
  'a phase that is a list': ['phases: [[a]]\n', /phases: must be a list of maps such as .*\(got a list\)/],
  'an unknown key of a phase': [
    'phases:\n  - { name: a, steams: 5 }\n',
    /^s\.yml:2:16: unknown key of a phase \(got "steams"\)\. Did you mean streams\?/,
  ],
  'a bad value in a phase': [
    'phases:\n  - { name: a, rate: 5/x }\n',
    /^s\.yml:2:22: rate: must be a rate .*\(got "5\/x"\)/,
  ],
  'excluded as text': ['phases:\n  - { name: a, streams: 5, excluded: "true" }\n', /excluded: must be true or false/],
  'a setting inside another': ['phases:\n  - { name: a, rate: "5/s, duration=9s" }\n', /rate: must be a rate/],
  phase_and_phases: [
    'phase: "a: streams=1"\nphases: [{ name: b, streams: 1 }]\n',
    /^s\.yml:2:1: phases: cannot be combined with phase\.$/,
  ],
  'a kind without a name': ['mix: [{ chunks: 5 }]\n', /^s\.yml:1:7: a kind needs a name/],
  'an unknown key of a kind': [
    'mix: [{ name: a, chnks: 5 }]\n',
    /^s\.yml:1:18: unknown key of a kind \(got "chnks"\)\. Did you mean chunks\?/,
  ],
  'a comma without quotes': [
    'mix: [{ name: a, chunks: uniform(1,5) }]\n',
    /\(got "5\)"\)\. Put a value with a comma in quotes/,
  ],
  'a bad value in a kind': [
    'mix:\n  - name: a\n    chunks: unform(1,5)\n',
    /^s\.yml:3:13: chunks: must be a number, .*\(got "unform\(1,5\)"\)\. Did you mean uniform/,
  ],
  'null in a kind': ['mix: [{ name: a, weight: null }]\n', /weight: must be a number above 0.*\(got null\)/],
  'a setting inside another of a kind': [
    'mix: [{ name: a, content: "plain, weight=9" }]\n',
    /content: must not contain =/,
  ],
  'a stage without a target': ['stages: [{ duration: 5s }]\n', /^s\.yml:1:10: stages: must be stages such as/],
  'an unknown key of a stage': [
    'stages: [{ duration: 5s, target: 1, tagret: 1 }]\n',
    /unknown key of a stage \(got "tagret"\)\. Did you mean target\?/,
  ],
  'a bad stage': [
    'stages:\n  - 5s:10\n  - 5:10\n',
    /^s\.yml:3:5: stages: has a stage without a duration.*\(got "5:10"\)/,
  ],
  'stages without a target above 0': ['stages: [5s:0]\n', /stages: must have a target above 0/],
  'a threshold on an unknown metric': [
    'thresholds:\n  tfft: [p(99)<1]\n',
    /^s\.yml:2:10: thresholds: unknown metric.*Did you mean ttft/,
  ],
  'a threshold without a limit': ['thresholds:\n  ttft: [p(99)]\n', /^s\.yml:2:10: thresholds: /],
  'a threshold that is a number': [
    'thresholds:\n  ttft: [5]\n',
    /thresholds: must be text such as "p\(99\)<250".*\(got 5\)/,
  ],
  'a threshold with an unknown member': [
    'thresholds:\n  ttft: [{ threshold: p(99)<1, abort: true }]\n',
    /thresholds: must be text such as/,
  ],
  'thresholds that are a number': ['thresholds: 5\n', /thresholds: must be METRIC/],
}

describe('a scenario file', () => {
  for (const [title, [content, says]] of Object.entries(_bad))
    it(`is refused with ${title.replaceAll('_', ' ')}`, () => {
      const errors = errorsOf(content)
      assert.ok(
        errors.some((line) => says.test(line)),
        errors.join('\n') || 'no error',
      )
      for (const line of errors) {
        assert.match(line, /^s\.yml:[1-9]\d*:[1-9]\d*: /)
        assert.doesNotMatch(line, /canary|\n/)
        assert.ok(line.length < 600, line)
      }
      assert.equal(Object.getOwnPropertyNames(Object.prototype).includes('streams'), false)
    })

  it('is refused with every mistake at once, in the sequence of the file', () => {
    const errors = errorsOf('streams: 0\nchunks: x\nfault: [a, b]\nstremas: 1\nstreams: 2\n')
    const places = errors.map((line) => /^s\.yml:(\d+:\d+):/.exec(line)?.[1])
    assert.deepEqual(places, ['1:10', '2:9', '3:9', '3:12', '4:1', '5:1'])
  })

  it('is refused quickly whatever is in it', () => {
    const long = fileLimits.bytes
    for (const part of [
      '{',
      '[',
      '- ',
      '? ',
      'a: ',
      '&a ',
      '!a ',
      '"',
      "'",
      '\n',
      '#\n',
      '---\n',
      '%a\n',
      'a,',
      '|',
      '>',
    ])
      assert.ok(errorsOf(part.repeat(long / part.length)).length > 0, part)
    // Many keys, all different: a check of each pair would take long.
    const keys = Array.from({ length: 6000 }, (_, at) => `key${at}: 1\n`).join('')
    const errors = errorsOf(keys)
    assert.deepEqual([errors.length, errors.at(-1)], [51, 's.yml: has 5950 more mistakes.'])
  })

  it('may be JSON, also with tabs', () => {
    const { scenario } = read('{\n\t"streams": 7,\n\t"fault": ["reset:0.1"],\n\t"no-baseline": true\n}').experiment
    assert.deepEqual([scenario.streams, scenario.faults], [7, ['reset:0.1']])
  })

  it('may have a byte order mark and CRLF line ends', () => {
    const { scenario } = read('\ufeffstreams: 7\r\nchunks: 3\r\n').experiment
    assert.deepEqual([scenario.streams, scenario.chunks], [7, 3])
  })

  it('may have a few aliases', () => {
    const { scenario } = read(
      'phases:\n  - &a { name: a, streams: 5, duration: &d 3s }\n  - { name: b, streams: 6, duration: *d }\n',
    ).experiment
    assert.deepEqual(
      scenario.phases?.map(({ durationS }) => durationS),
      [3, 3],
    )
  })

  it('may contain every flag of `run` that is not about this machine', () => {
    const outside = flagsOf('run').filter(({ outsideFiles }) => outsideFiles !== undefined)
    const names = outside.map(({ name }) => name)
    assert.deepEqual(names.sort(), [
      ...['ccr-bin', 'ccr-source', 'json-out', 'junit-out', 'out', 'pass-env'],
      ...['print-scenario', 'report', 'scenario'],
    ])
    for (const flag of flagsOf('run')) {
      const [error = ''] = errorsOf(`${flag.name}: { x: 1 }\n`)
      assert.match(
        error,
        names.includes(flag.name) ? /is not a key of scenario files/ : / must | cannot | needs /,
        flag.name,
      )
    }
    assert.equal(keyFlags().length + outside.length, flagsOf('run').length)
  })

  it('names its scenario, by default after the file', () => {
    assert.equal(read('streams: 1\n').experiment.scenario.name, `${files}`)
    assert.equal(read('name: Nightly run\n').experiment.scenario.name, 'Nightly run')
    assert.equal(readRunOptions({}, {}).experiment.scenario.name, undefined)
  })

  it('is overridden by flags, also a list and a switch', () => {
    const content = 'streams: 5\nchunks: 3\nfault: [reset:0.1, truncate:0.1]\nno-baseline: true\n'
    const { scenario, baseline } = read(content, { streams: '6', fault: 'error:0.2', 'no-baseline': false }).experiment
    assert.deepEqual([scenario.streams, scenario.chunks, scenario.faults, baseline], [6, 3, ['error:0.2'], true])
  })

  it('is overridden as a whole load by --shape and --phase', () => {
    const content = 'phases: [{ name: a, streams: 5, duration: 3s }]\n'
    const { scenario } = read(content, { shape: 'burst', streams: '6' }).experiment
    assert.deepEqual([scenario.streams, scenario.phases], [6, undefined])
    const { phases } = read('rate: 5/s\nduration: 3s\n', { phase: 'b: streams=1' }).experiment.scenario
    assert.deepEqual(
      phases?.map(({ name, shape }) => [name, shape]),
      [['b', 'burst']],
    )
    assert.match(
      refusal(() => read(content, { streams: '6' })),
      /^--streams: cannot be combined with --phase/,
    )
  })

  it('has its place in the errors of combinations, and a flag its name', () => {
    const content = 'timeout: 0.1\nphases:\n  - { name: a, streams: 5 }\n  - { name: b, duration: 5s }\n'
    const text = refusal(() => read(content, { 'ccr-cpus': '2' }))
    assert.match(text, /^s\.yml:1:10: timeout: must be longer than a stream/m)
    assert.match(text, /^s\.yml:4:5: phase: in phase b, streams is missing/m)
    assert.match(text, /^--ccr-cpus needs --topology compose/m)
    assert.match(
      refusal(() => read('thresholds:\n  ttft{phase:x}: p(99)<5\n')),
      /^s\.yml:1:1: threshold: must name a phase of this load, load/,
    )
  })

  it('is reported together with the mistakes of the command line', () => {
    const text = refusal(() => read('streams: 0\n', { chunks: '0' }))
    assert.match(text, /^s\.yml:1:10: streams: .*\n--chunks: .*$/)
  })

  it('gets secrets from the environment only', () => {
    const content = 'topology: standing\nheader: ["X-Key: Bearer @KEY", "anthropic-beta: x"]\n'
    assert.deepEqual(read(content, {}, { KEY: 'k' }).experiment.headers, { 'X-Key': 'Bearer k', 'anthropic-beta': 'x' })
    assert.match(
      refusal(() => read(content)),
      /^s\.yml:2:9: header needs the environment variable KEY: it is not set/,
    )
  })

  it('has thresholds in the form of k6, or of flags', () => {
    const k6 = `thresholds:
  ttft: ["p(99)<250", "med<50"]
  ttft{phase:load}: p(95) < 1s
  failed: { threshold: rate<0.01, abortOnFail: true, delayAbortEval: 10s }
  findings.count: ["== 0"]
`
    const flags = `threshold:
  - ttft.p99 < 250ms
  - ttft.p50 < 50ms
  - ttft{phase:load}.p95 < 1s
  - failed.rate < 1%, abort after 10s
  - findings.count == 0
`
    assert.deepEqual(read(k6).experiment.scenario.thresholds, read(flags).experiment.scenario.thresholds)
    assert.equal(read(flags).experiment.scenario.thresholds?.length, 5)
    assert.deepEqual(read('thresholds: ttft.p99 < 1s\n').experiment.scenario.thresholds, ['ttft.p99 < 1s'])
  })

  it('has stages in the form of k6, or of flags', () => {
    const forms = [
      '5s:10,0s:20,5s:0',
      '[5s:10, 0s:20, 5s:0]',
      '[{duration: 5s, target: 10}, 0s:20, {duration: 5s, target: 0}]',
    ]
    const read1 = forms.map((stages) => read(`stages: ${stages}\n`).experiment.scenario.phases)
    assert.deepEqual(read1[1], read1[0])
    assert.deepEqual(read1[2], read1[0])
    assert.equal(read1[0]?.[0]?.stages?.length, 3)
  })

  it('has kinds of streams as maps, or as flags spell them', () => {
    const maps = read(`mix:
  - { name: short, weight: 3, chunks: 5, delay-ms: "uniform(1,5)" }
  - name: long
    chunks: lognormal(40,20)
    content: tools
    client-fault: abort@50%:0.1
  - 'other: prompt-kb=64'
`)
    const flags = {
      mix: [
        'short: weight=3, chunks=5, delay-ms=uniform(1,5)',
        'long: chunks=lognormal(40,20), content=tools, client-fault=abort@50%:0.1',
        'other: prompt-kb=64',
      ],
    }
    assert.deepEqual(maps.experiment.scenario.mix, readRunOptions(flags, {}).experiment.scenario.mix)
    assert.equal(maps.experiment.scenario.mix?.length, 3)
    const wrong = 'mix:\n  - { name: a }\n  - { name: b, request-profile: codex }\n'
    assert.match(
      refusal(() => read(wrong)),
      /^s\.yml:3:5: mix: in kind b/,
    )
  })

  it('has phases as maps, or as flags spell them', () => {
    const maps = read(`phases:
  - { name: warm, streams: 5, duration: 3s, excluded: true }
  - { name: open, rate: 5/s, total: 9, arrivals: poisson, max-streams: 70 }
  - { name: ramp, stages: [3s:5/s, 3s:0/s], excluded: false }
`)
    const flags = {
      phase: [
        'warm: streams=5, duration=3s, excluded=true',
        'open: rate=5/s, total=9, arrivals=poisson, max-streams=70',
        'ramp: stages=3s:5/s,3s:0/s, excluded=false',
      ],
    }
    assert.deepEqual(maps.experiment.scenario.phases, readRunOptions(flags, {}).experiment.scenario.phases)
  })
})

describe('--scenario', () => {
  const run = (reference: unknown) => refusal(() => readRunOptions({ scenario: reference }, {}))

  it('must be a ready scenario, or a file that can be read', () => {
    assert.match(run('smok'), /^--scenario: must be the path of a file.*\(got "smok"\)\. Did you mean smoke\?$/)
    assert.match(run('xyzzy'), /If it is a file of this folder, pass \.\/xyzzy\.$/)
    assert.match(run(join(folder, 'none.yml')), /^--scenario: cannot be read \(got .*: no such file or folder\)/)
    assert.match(run(join(folder, 'none', 'a')), /no such file or folder/)
    assert.match(run(`${folder}/`), /is a folder/)
    assert.match(run('/dev/zero'), /^\/dev\/zero:1:1: must have at most 1 MiB/)
    assert.match(run('/dev/null'), /^\/dev\/null:1:1: is empty/)
    assert.match(run(write('x: 1')), /unknown key/)
    assert.match(run(['smoke', 'ramp']), /^--scenario: can be passed only once \(got 2 values\)/)
  })

  it('is an error of the environment if access is denied', { skip: process.getuid?.() === 0 }, () => {
    const path = write('streams: 1\n')
    chmodSync(path, 0)
    assert.throws(() => readRunOptions({ scenario: path }, {}), EnvironmentError)
  })

  it('is a path if it has a slash or an extension', () => {
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'sub', 'smoke'), 'streams: 3\n')
    const { scenario } = readRunOptions({ scenario: join(folder, 'sub', 'smoke') }, {}).experiment
    assert.deepEqual([scenario.name, scenario.streams], ['smoke', 3])
    assert.equal(readRunOptions({ scenario: 'smoke' }, {}).experiment.scenario.streams, 10)
    assert.match(run('smoke.yml'), /cannot be read/)
  })
})

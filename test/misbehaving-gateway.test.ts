import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conform } from '../src/conform/conform.ts'
import { type WatchCases, watchCases } from '../src/conform/watch.ts'
import { readTruths } from '../src/experiment/telemetry.ts'
import { uncancelledOf } from '../src/judge/cancellation.ts'
import { type Conformance, conformVerdict, type JudgedCase } from '../src/judge/conformance.ts'
import { contentKinds } from '../src/model/content.ts'
import { type ProtocolName, protocolNames } from '../src/model/protocol-name.ts'
import type { StreamRecord } from '../src/model/record.ts'
import { load } from './fixtures/load.ts'
import { anthropicDefects } from './fixtures/misbehaving/anthropic-defects.ts'
import { chatDefects, chatDialects } from './fixtures/misbehaving/chat-defects.ts'
import { contentDefects } from './fixtures/misbehaving/content-defects.ts'
import type { GrammarDefect } from './fixtures/misbehaving/defect.ts'
import { at, eachFrame, edit, editIn, kindOf, type Tamper } from './fixtures/misbehaving/frames.ts'
import { misreadings } from './fixtures/misbehaving/misreadings.ts'
import { responsesDefects } from './fixtures/misbehaving/responses-defects.ts'
import { masksErrors, swallowsErrors, thenSuccess } from './fixtures/misbehaving/upstream-error.ts'
import { type Misbehaviour, startMisbehaving } from './fixtures/misbehaving-gateway.ts'
import { runOf } from './fixtures/runs.ts'
import { until } from './fixtures/until.ts'
import { watchedFree } from './fixtures/watched.ts'

/** Runs `conform` through a gateway. */
async function conformOf(
  misbehaviour: Misbehaviour,
  protocol: ProtocolName,
  only: readonly string[],
  watch: WatchCases = watchCases,
): Promise<Conformance> {
  await using topology = await startMisbehaving(misbehaviour)
  return await conform({
    topology,
    target: { baseUrl: topology.gatewayUrl, protocol },
    model: 'mock,mock-model',
    seed: 5,
    idleLimitS: 2,
    loadStreams: 0,
    only,
    // A test of what is seen, not of how often: every defect here is permanent.
    failuresNeeded: 1,
    watch,
    signal: new AbortController().signal,
    onProgress: () => {},
  })
}

/** The cases without the probes between them. */
function faultCases({ cases }: Conformance): readonly JudgedCase[] {
  return cases.filter(({ name }) => !name.startsWith('probe'))
}

function outcomeOf({ outcome, findings = [] }: StreamRecord) {
  const severities = Object.fromEntries(findings.map(({ rule, severity }) => [rule, severity]))
  return { outcome: outcome.state === 'failed' ? outcome.kind : outcome.state, rules: severities }
}

describe('a gateway without defects', { concurrency: 3 }, () => {
  for (const protocol of protocolNames)
    it(`passes conform in ${protocol}`, async () => {
      const faults = [
        'truncate',
        'error',
        'bad-json',
        'http-429',
        'http-500',
        'coalesce',
        'finish-empty',
        'args-object',
        'call-same-id',
      ]
      const conformance = await conformOf({}, protocol, ['clean', ...faults])
      assert.deepEqual(
        conformance.cases.filter(({ isRight }) => !isRight),
        [],
      )
      assert.deepEqual(
        // On a busy machine a probe may look buffered; conform itself decides whether that counts.
        conformance.cases.filter(
          ({ rules, fault }) => fault === undefined && rules.some((rule) => rule !== 'buffered'),
        ),
        [],
      )
    })
})

function alsoWarns({ warning }: GrammarDefect): Record<string, string> {
  return warning === undefined ? {} : { [warning]: 'warning' }
}

describe('a stream from a gateway that sends', { concurrency: 4 }, () => {
  for (const defect of [...anthropicDefects, ...chatDefects, ...chatDialects, ...responsesDefects]) {
    const { protocol, describe: description, tamper, rules, severity, outcome, content = 'plain', fault } = defect
    const effect =
      rules.length > 0 ? `breaks ${rules.join(' and ')}` : outcome === 'whole' ? 'breaks no rule' : `is ${outcome}`
    it(`${description} ${effect} in ${protocol}`, async (t) => {
      const topology = await startMisbehaving({ tamper })
      t.after(() => topology[Symbol.asyncDispose]())
      const options = { protocol, content, chunks: 12, delayMs: 1, streams: 2, isPlanCertain: true, maxTokens: 4096 }
      const { records } = await load(topology.gatewayUrl, { ...options, ...(fault && { faults: [fault] }) })
      const expected = {
        outcome,
        rules: { ...Object.fromEntries(rules.map((rule) => [rule, severity])), ...alsoWarns(defect) },
      }
      assert.deepEqual(records.map(outcomeOf), [expected, expected])
    })
  }
})

describe('a gateway that', { concurrency: 4 }, () => {
  for (const defect of contentDefects)
    for (const protocol of protocolNames)
      it(`${defect.describe} fails conform in ${protocol} by rule ${defect.rule}`, async () => {
        const { tamper, rule, outcome, content } = defect
        const cases = faultCases(await conformOf({ tamper }, protocol, ['clean'], watchedFree))
        const concerned = cases.filter(({ name }) => content === undefined || name === `clean ${content}`)
        assert.equal(concerned.length, content === undefined ? contentKinds.length : 1)
        for (const { seen, rules, isRight } of concerned) {
          assert.deepEqual([seen, isRight], [outcome, false])
          assert.ok(rules.includes(rule), rules.join(' '))
        }
      })
})

/** Holds an answer back until its end. */
const buffers: Tamper = (write) => {
  let held = ''
  return (event) => {
    held += write(event)
    return event.kind === 'end' || event.kind === 'error' ? held : ''
  }
}

/** Reports zero usage, like a gateway that never reads the upstream's usage. */
const losesUsage: Tamper = eachFrame(() => (current) => {
  if (current.body['type'] === 'message_delta') return [editIn(current, 'usage', { output_tokens: 0 })]
  if (kindOf(current) === 'response.completed' || kindOf(current) === 'response.incomplete')
    return [editIn(current, 'response', { usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } })]
  return [
    current.body['usage']
      ? edit(current, { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } })
      : current,
  ]
})

const mapsStopWrongly: Tamper = at('message_delta', 0, (current) => [
  editIn(current, 'delta', { stop_reason: 'end_turn' }),
])

describe('a gateway whose defect shows only in the content or timing of a clean stream', { concurrency: 3 }, () => {
  for (const protocol of protocolNames) {
    it(`is reported as buffering if it holds the stream back in ${protocol}`, async () => {
      for (const { seen, rules, isRight, why } of faultCases(
        await conformOf({ tamper: buffers }, protocol, ['clean']),
      )) {
        assert.deepEqual([seen, rules, isRight], ['whole', ['buffered'], false])
        assert.match(why, /^buffered \(/)
      }
    })
    it(`is reported if it loses the usage in ${protocol}`, async () => {
      const rule = protocol === 'anthropic-messages' ? 'A13' : 'I8'
      const conformance = await conformOf({ tamper: losesUsage }, protocol, ['clean'])
      assert.deepEqual([conformance.form, conformVerdict(conformance)], [[rule], 'FAIL'])
      for (const { seen, rules, form, isRight } of faultCases(conformance))
        assert.deepEqual([seen, rules, form, isRight], ['whole', [], [rule], true])
    })
  }

  it('is reported if it maps every finish reason to end_turn', async () => {
    const cases = faultCases(await conformOf({ tamper: mapsStopWrongly }, 'anthropic-messages', ['clean']))
    const wrong = cases.filter(({ isRight }) => !isRight)
    assert.deepEqual(
      wrong.map(({ name, seen, rules }) => [name, seen, rules]),
      ['tools', 'parallel', 'length', 'refusal'].map((content) => [`clean ${content}`, 'stop_reason_differs', ['A12']]),
    )
  })
})

/** How conform must judge one fault: the reaction, the client's outcome, and why. */
interface Judged {
  readonly reaction: RegExp
  readonly seen: RegExp
  readonly why: RegExp
}

function forAll(faults: readonly string[], judged: Judged): Readonly<Record<string, Judged>> {
  return Object.fromEntries(faults.map((fault) => [fault, judged]))
}

const becameEnd = { reaction: /^masked$/, seen: /^truncated_clean_eof$/, why: /became a normal end/ }

/** What a gateway does when its upstream fails, and how conform must judge it after each fault. */
const reactions: readonly {
  readonly describe: string
  readonly misbehaviour: Misbehaviour
  readonly faults: Readonly<Record<string, Judged>>
}[] = [
  {
    describe: 'ends the stream as complete',
    misbehaviour: { tamper: masksErrors },
    faults: forAll(['truncate', 'reset', 'fin', 'fin-in-json', 'error', 'bad-json', 'stall'], {
      reaction: /^masked$/,
      seen: /^masked_truncation$/,
      why: /looks like a complete stream/,
    }),
  },
  {
    describe: 'swallows the error',
    misbehaviour: { tamper: swallowsErrors },
    faults: {
      ...forAll(['reset', 'fin', 'error', 'bad-json', 'stall'], becameEnd),
      truncate: { ...becameEnd, reaction: /^passed-on$/, why: /^$/ },
    },
  },
  {
    describe: 'reports the error and then success',
    misbehaviour: { tamper: thenSuccess },
    faults: forAll(['truncate', 'reset', 'error'], {
      reaction: /^masked$/,
      seen: /^error_then_success$/,
      why: /looks like a complete stream/,
    }),
  },
  {
    describe: 'skips data that is not JSON',
    misbehaviour: { wayUp: { skipsMalformed: true } },
    // With the last delta, the end is lost too.
    faults: {
      'bad-json': {
        reaction: /^lost$|^masked$/,
        seen: /^text_missing$|^masked_truncation$/,
        why: /looks complete|looks like a complete stream/,
      },
    },
  },
  {
    describe: 'answers 500 for every status',
    misbehaviour: { wayUp: { errorsAs: 500 } },
    faults: forAll(['http-429', 'http-401', 'http-400'], {
      reaction: /^honest$/,
      seen: /^http_5xx$/,
      why: /^expected http_4(xx|29) from the mock, got http_5xx$/,
    }),
  },
  {
    describe: 'answers 200 and reports the status in the stream',
    misbehaviour: { wayUp: { errorsAs: 200 } },
    faults: forAll(['http-429', 'http-500'], {
      reaction: /^honest$/,
      seen: /^inband_error$/,
      why: /from the mock, got inband_error$/,
    }),
  },
  {
    describe: 'sends ten requests',
    misbehaviour: { wayUp: { attempts: 10 } },
    faults: {
      'http-429-bare': { reaction: /^passed-on$/, seen: /^http_429$/, why: /^10 attempts \(limit 4\)$/ },
    },
  },
]

describe('a gateway that, when its upstream fails,', { concurrency: 4 }, () => {
  for (const { describe: description, misbehaviour, faults } of reactions)
    for (const protocol of protocolNames)
      it(`${description} is judged by conform in ${protocol} after ${Object.keys(faults).join(', ')}`, async () => {
        const cases = faultCases(await conformOf(misbehaviour, protocol, Object.keys(faults), watchedFree))
        for (const [fault, { reaction, seen, why }] of Object.entries(faults)) {
          const concerned = cases.filter(({ name }) => name.split('@')[0] === fault)
          assert.ok(concerned.length > 0, fault)
          for (const { name, reaction: reacted = '', ...current } of concerned) {
            const text = `${name}: ${reacted}, ${current.seen}: ${current.why}`
            assert.ok(reaction.test(reacted) && seen.test(current.seen) && why.test(current.why), text)
          }
        }
      })
})

describe('a gateway that misreads a provider with another dialect', { concurrency: 9 }, () => {
  for (const [fault, { misreads, seen, reaction }] of Object.entries(misreadings))
    for (const protocol of protocolNames) {
      // A response has no stop reason that could promise a tool call.
      if (protocol === 'openai-responses' && /^(?:foreign-tool-stop|call-missing)$/.test(fault)) continue
      it(`and hides ${fault} is judged by conform in ${protocol} as ${reaction.source}`, async () => {
        const cases = faultCases(await conformOf({ wayUp: { misreads } }, protocol, [fault], watchedFree))
        assert.ok(cases.length > 0)
        for (const current of cases) {
          assert.equal(current.isRight, false)
          assert.match(current.reaction ?? '', reaction)
          assert.match(current.seen, seen)
        }
      })
    }
})

describe('a client that disconnects', { concurrency: 2 }, () => {
  const plan = { chunks: 40, delayMs: 50 } as const

  for (const [description, wayUp, expected] of [
    ['reported as still running', { neverCancels: true }, ['upstream_not_cancelled']],
    ['reported as cancelled', {}, []],
  ] as const)
    it(`has its stream at the mock ${description}`, async (t) => {
      const topology = await startMisbehaving({ wayUp })
      t.after(() => topology[Symbol.asyncDispose]())
      const { records } = await load(topology.gatewayUrl, { ...plan, streams: 4, clientFaults: ['abort@2'] })
      let truths: Awaited<ReturnType<typeof readTruths>>
      await until(async () => {
        truths = await readTruths(topology.mockUrl, 7)
        return [...(truths?.values() ?? [])].every(({ state }) => state !== 'open')
      })
      const seen = records.map((record) => {
        const { state, endedNs } = truths?.get(record.stream) ?? assert.fail('the mock was not asked')
        return { ...record, upstream: { state, endedNs } }
      })
      const findings = uncancelledOf(runOf(seen, { scenario: plan }))
      assert.deepEqual(
        findings.map((finding) => finding.class),
        expected,
      )
    })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UsageError } from '../base/errors.ts'
import { readRoundOptions } from './rounds.ts'

const read = (argv: Readonly<Record<string, unknown>>) => readRoundOptions(argv, {})

/** Command lines that cannot work, and the whole message. */
const refused: readonly (readonly [argv: Readonly<Record<string, unknown>>, message: RegExp])[] = [
  [{ gateway: 'reference,envy' }, /^--gateway: must be one of auto, .* \(got "envy"\)\.$/],
  [{ gateway: 'reference,' }, /^--gateway: must be one of .* \(got ""\)\.$/],
  [
    { gateway: ['reference', 'direct,reference'] },
    /^--gateway: names a gateway twice\. To repeat the run, use --repeat\.$/,
  ],
  [
    { gateway: 'auto,reference' },
    /^--gateway: must not combine auto with ccr-rust or reference: auto is one of them\.$/,
  ],
  [
    { gateway: 'reference,direct', topology: 'standing' },
    /^--gateway: must name one gateway with --topology standing: the gateway that is already running\. To repeat/,
  ],
  [{ gateway: 'reference,direct', against: 'results' }, /^--against needs one gateway\. Compare the stored runs/],
  [{ gateway: 'reference,direct', 'ccr-url': 'http://127.0.0.1:1' }, /^--ccr-url needs --topology standing: [^\n]*$/],
  [
    { gateway: 'portkey,claude-code-router', protocol: 'openai-responses' },
    /^--protocol: must be a protocol that portkey supports: .*\n--protocol: must be a protocol that claude-code-router supports: [^\n]*$/,
  ],
  [{ repeat: '0' }, /^--repeat: must be a whole number from 1 to 1000 \(got "0"\)\.$/],
  [{ repeat: '2', 'retry-invalid': '-1' }, /^--retry-invalid: must be a whole number from 0 to 100/],
]

describe('the options of a run in rounds', () => {
  it('are those of each gateway, in the sequence of --gateway', () => {
    const options = read({
      gateway: ['direct,reference', 'nginx'],
      repeat: '3',
      'retry-invalid': '2',
      protocol: 'openai-chat-completions',
    })
    assert.deepEqual(
      options.map(({ gateway, topology }) => [gateway, 'gateway' in topology.options && topology.options.gateway]),
      [
        ['direct', 'direct'],
        ['reference', 'reference'],
        ['nginx', 'nginx'],
      ],
    )
    assert.deepEqual(options[0].rounds, { gateways: ['direct', 'reference', 'nginx'], rounds: 3, retryInvalid: 2 })
  })

  it('are one run of one gateway by default', () => {
    const [options, ...others] = read({})
    assert.deepEqual([options.gateway, others], ['auto', []])
    assert.deepEqual(options.rounds, { gateways: ['auto'], rounds: 1, retryInvalid: 0 })
  })

  it('need a common protocol', () => {
    assert.throws(
      () => read({ gateway: 'reference,portkey' }),
      /^UsageError: --protocol: must be passed, because the defaults of the gateways differ \(reference: anthropic-messages, portkey: openai-chat-completions\)\. All of them support openai-chat-completions\.$/,
    )
  })

  for (const [argv, message] of refused)
    it(`are refused: ${JSON.stringify(argv)}`, () => {
      assert.throws(
        () => read(argv),
        (error) => error instanceof UsageError && message.test(error.message),
      )
    })
})

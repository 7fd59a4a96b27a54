import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { failedRecord, records, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import { judge } from '../judge/judgement.ts'
import { reportJson } from './json.ts'
import { rerunCommand, shellQuoted } from './rerun.ts'

describe('the rerun command', () => {
  it('has the arguments of the run, except for the number of streams, the ramp, the JSON file and comparisons', () => {
    const words = ['run', '--streams', '500', '--gateway=reference', '--json-out=-', '--fault', 'truncate@50%:0.05']
    assert.equal(
      rerunCommand(
        { words: [...words, '--ramp-ms', '9', '--against', 'old', '--allow=5%', '--allow-different', 'machine'] },
        37,
      ),
      'npx ccr-sse-stress run --gateway=reference --fault truncate@50%:0.05 --streams 1 --first-stream 37',
    )
  })

  it('leaves out thresholds and goodput, which one stream cannot meet', () => {
    const words = ['run', '--threshold', 'ttft.p99 < 1s', '--abort-on-fail', '--goodput=ttft < 1s', '--chunks', '5']
    assert.equal(
      rerunCommand({ words: [...words, '--junit-out', 'x.xml'] }, 3),
      'npx ccr-sse-stress run --chunks 5 --streams 1 --first-stream 3',
    )
  })

  it('starts the program as the user did, with the variables that it read', () => {
    const startedBy = {
      program: 'npm run -s cli --',
      variables: { CCR_BIN: './my ccr', STREAMS: '9' },
      options: 'arguments',
    } as const
    assert.equal(
      rerunCommand({ words: ['run', '--api-key-env', 'KEY', '--header', 'X: Bearer @TOKEN'], startedBy }, 2),
      "CCR_BIN='./my ccr' npm run -s cli -- run --api-key-env KEY --header 'X: Bearer @TOKEN' --streams 1 --first-stream 2",
    )
  })

  it('after `docker compose up` is that command with other variables', () => {
    const startedBy = {
      program: 'docker compose -f docker-compose.yml -f x.yml up --build --abort-on-container-exit',
      variables: {
        CHUNKS: '5',
        FAULTS: 'truncate@50%:0.05 reset:0.1',
        STREAMS: '500',
        FIRST_STREAM: '3',
        RAMP_MS: '7',
      },
      options: 'variables',
    } as const
    const words = ['run', '--topology=standing', '--ccr-url=http://ccr:3456', '--streams=500']
    assert.equal(
      rerunCommand({ words, startedBy }, 7),
      "CHUNKS=5 FAULTS='truncate@50%:0.05 reset:0.1' STREAMS=1 FIRST_STREAM=7 docker compose -f docker-compose.yml -f x.yml up --build --abort-on-container-exit",
    )
    assert.equal(
      rerunCommand({ words, startedBy: { program: 'docker compose up', options: 'variables' } }, 7),
      'STREAMS=1 FIRST_STREAM=7 docker compose up',
    )
  })

  it('is one line without control characters, whatever a stored run contains', () => {
    const startedBy = {
      program: 'a\nb\u001b[2J',
      variables: { 'X=1;y': '1', A: '\u0007\n' },
      options: 'arguments',
    } as const
    const command = rerunCommand({ words: ['run', '--model', 'a\u202eb\n'], startedBy }, 0) ?? ''
    assert.doesNotMatch(command, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    assert.doesNotMatch(command, /X=1/)
  })

  it('is absent for a library run', () => {
    assert.equal(rerunCommand({}, 0), undefined)
    const run = { ...runOf(records(2)), words: undefined }
    assert.equal(reportJson(run, judge(run)).rerun, undefined)
  })

  it('is in the JSON as in the report, complete however long it is', () => {
    const words = ['run', '--model', 'm'.repeat(50_000)]
    const run = runOf([wholeRecord(0), failedRecord(1)], { words })
    const { rerun } = reportJson(run, judge(run))
    assert.deepEqual(rerun, { stream: 1, command: rerunCommand(run, 1) })
    assert.ok(rerun?.command.includes(words[2] ?? ''))
  })
})

describe('a quoted argument', () => {
  const ask = (texts: readonly string[]) => {
    const args = ['-c', `printf '%s\\0' ${texts.map(shellQuoted).join(' ')}`]
    return execFileSync('bash', args, { encoding: 'utf8' }).split('\0').slice(0, -1)
  }

  it('is the same text after a shell has read it', () => {
    const special = [
      '',
      ' ',
      "it's",
      '"',
      '\\',
      '$HOME',
      '`id`',
      '!!',
      '~',
      '*',
      '#x',
      'a;b',
      '=ls',
      '{a,b}',
      '\n',
      '\t',
    ]
    const strange = ['\u001b[31m', "\r'\\n", '\u202e7', '\u00e9\u{1f600}', '--x=a b', '-', '\\012', "$'\\n'", '\u00857']
    assert.deepEqual(ask([...special, ...strange]), [...special, ...strange])
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 50, maxLength: 50 })
    fc.assert(
      fc.property(texts, (drawn) => {
        const possible = drawn.map((text) => text.replaceAll('\0', '').toWellFormed())
        assert.deepEqual(ask(possible), possible)
      }),
      { numRuns: 5 },
    )
  })

  it('has no quotes if it needs none', () => {
    for (const text of ['run', '--fault', 'truncate@50%:0.05', 'mock,mock-model', '--out=a/b'])
      assert.equal(shellQuoted(text), text)
  })
})

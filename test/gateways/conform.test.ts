import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { findInstalled } from '../../src/gateways/find.ts'
import type { InstallableName } from '../../src/gateways/gateway-table.ts'
import { howToInstall } from '../../src/gateways/install.ts'
import type { JudgedCase } from '../../src/judge/conformance.ts'
import type { ProtocolName } from '../../src/model/protocol-name.ts'
import { runCli } from '../fixtures/cli.ts'
import { freePorts } from '../fixtures/free-port.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** Known behaviour of a gateway, for each fault and position: `result reaction: what the client observed`. */
interface Known {
  readonly gateway: InstallableName
  readonly protocol: ProtocolName
  /** For each clean stream: `result: what the client observed` and the broken rules, those of the form apart. */
  readonly clean: Readonly<Record<string, string>>
  readonly faults: Readonly<Record<string, string>>
}

const kinds = ['plain', 'awkward', 'tools', 'parallel', 'thinking', 'length', 'refusal']

/** The same text for each content kind. */
function allOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(kinds.map((kind) => [kind, text]))
}

/** The results of a gateway that passes on bytes, and therefore faults. */
const passedOn = {
  'no-done': 'pass passed-on: missing_done',
  'no-finish': 'pass passed-on: masked_truncation',
  truncate: 'pass passed-on: truncated_clean_eof',
  reset: 'pass honest: truncated_fin',
  fin: 'pass passed-on: truncated_fin',
  'bad-json': 'pass passed-on: json_malformed',
  error: 'pass passed-on: inband_error',
  'error-then-success': 'pass passed-on: error_then_success',
  'http-500': 'pass passed-on: http_5xx',
  'http-429': 'pass passed-on: http_429',
  stall: 'pass honest: truncated_fin',
} as const

const known: readonly Known[] = [
  { gateway: 'nginx', protocol: 'openai-chat-completions', clean: allOf('pass: whole'), faults: passedOn },
  {
    gateway: 'nginx-default',
    protocol: 'openai-chat-completions',
    clean: allOf('FAIL: whole buffered'),
    // It sends HTTP/1.0 requests, and in HTTP/1.0 the end of the connection ends the body.
    faults: { ...passedOn, fin: 'FAIL masked: truncated_clean_eof' },
  },
  {
    gateway: 'claude-code-router',
    protocol: 'anthropic-messages',
    clean: {
      ...allOf('pass: whole, form A13'),
      // It closes a block when the next call starts, and then sends the rest of its arguments.
      parallel: 'FAIL: whole A5 A11, form A13',
      thinking: 'FAIL: masked_truncation I6, form A13',
      refusal: 'FAIL: stop_reason_differs A12, form A13',
    },
    faults: {
      'no-done': 'pass whole: whole',
      'no-finish': 'FAIL masked: whole',
      truncate: 'FAIL masked: masked_truncation',
      reset: 'pass honest: truncated_fin',
      fin: 'pass passed-on: truncated_fin',
      'bad-json@0': 'FAIL lost: text_missing',
      'bad-json@50%': 'FAIL lost: text_missing',
      'bad-json@100%': 'FAIL masked: masked_truncation',
      error: 'FAIL masked: error_then_success',
      'error-then-success': 'pass passed-on: error_then_success',
      'http-500': 'pass passed-on: http_5xx',
      'http-429': 'pass passed-on: http_429',
      'stall@0': 'FAIL hang: first_token_timeout',
      'stall@50%': 'FAIL hang: token_idle_timeout',
      'stall@100%': 'FAIL hang: token_idle_timeout',
      'finish-empty': 'pass whole: whole',
      'finish-only-empty': 'FAIL masked: whole',
      'foreign-tool-stop': 'FAIL lost: stop_reason_differs',
      'call-no-index': 'FAIL lost: tool_args_differ',
      'content-list': 'FAIL masked: masked_truncation',
      'finish-error': 'FAIL masked: masked_truncation',
    },
  },
]

async function conformCases(
  t: TestContext,
  { gateway, protocol }: Known,
  only: readonly string[],
): Promise<readonly JudgedCase[]> {
  const jsonOut = join(temporaryFolder(t), 'conform.json')
  const [mockPort, port] = await freePorts(2)
  const places = ['--mock-port', `${mockPort}`, '--ccr-port', `${port}`, '--json-out', jsonOut]
  const selected = ['--gateway', gateway, '--protocol', protocol, '--idle-limit', '4']
  const { status, stdout, stderr } = await runCli(
    ['conform', ...selected, ...places, ...only.flatMap((name) => ['--only', name])],
    { TMPDIR: temporaryFolder(t) },
  )
  assert.ok(status === 0 || status === 1, stdout + stderr)
  return JSON.parse(readFileSync(jsonOut, 'utf8')).cases
}

function textOf({ isRight, reaction, seen, rules, form }: JudgedCase): string {
  const result = isRight ? 'pass' : 'FAIL'
  if (reaction !== undefined) return `${result} ${reaction}: ${seen}`
  return [`${result}:`, seen, ...rules].join(' ') + (form.length > 0 ? `, form ${form.join(' ')}` : '')
}

describe('conform reports the known behaviour of', { concurrency: 2 }, async () => {
  for (const entry of known) {
    const { gateway, protocol, clean, faults } = entry
    const installed = await findInstalled(gateway, process.env)
    const skip = installed === undefined && `not installed: ${howToInstall(gateway)}`
    it(`${gateway} in ${protocol}`, { skip }, async (t) => {
      const names = [...new Set(Object.keys(faults).map((name) => name.replace(/@.*/, '')))]
      const cases = await conformCases(t, entry, ['clean', ...names])
      const selected = cases.filter(({ name }) => !name.startsWith('probe'))
      const expected = ({ name }: JudgedCase) =>
        faults[name] ?? faults[name.replace(/@.*/, '')] ?? clean[name.replace('clean ', '')]
      assert.deepEqual(
        selected.map((judged) => [judged.name, textOf(judged)]),
        selected.map((judged) => [judged.name, expected(judged)]),
      )
      assert.deepEqual(
        cases.filter(({ name, seen }) => name.startsWith('probe') && seen !== 'whole'),
        [],
      )
    })
  }
})

describe('run finds that streams of disconnected clients', { concurrency: 2 }, async () => {
  for (const [gateway, protocol, notCancelled] of [
    ['nginx', 'openai-chat-completions', 0],
    ['claude-code-router', 'anthropic-messages', 5],
  ] as const) {
    const installed = await findInstalled(gateway, process.env)
    const skip = installed === undefined && `not installed: ${howToInstall(gateway)}`
    it(`${notCancelled > 0 ? 'continue at' : 'end at'} the mock behind ${gateway}`, { skip }, async (t) => {
      const folder = temporaryFolder(t)
      const jsonOut = join(folder, 'report.json')
      const [mockPort, port] = await freePorts(2)
      const places = ['--mock-port', `${mockPort}`, '--ccr-port', `${port}`, '--out', join(folder, 'results')]
      const load = ['--streams', '5', '--chunks', '60', '--delay-ms', '50', '--client-fault', 'abort@10%']
      const selected = ['--gateway', gateway, '--protocol', protocol, ...places, ...load, '--json-out', jsonOut]
      const { stdout, stderr } = await runCli(['run', ...selected], { TMPDIR: temporaryFolder(t) })
      const { cancellations } = JSON.parse(readFileSync(jsonOut, 'utf8'))
      assert.deepEqual(
        cancellations.map((cancellation: { streams: number; notCancelled: number }) => [
          cancellation.streams,
          cancellation.notCancelled,
        ]),
        [[5, notCancelled]],
        stdout + stderr,
      )
    })
  }
})

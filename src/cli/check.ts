import type { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { UsageError } from '../base/errors.ts'
import { exitStatus } from '../base/exit-status.ts'
import { checkStream, type PlacedFinding } from '../grammar/check-stream.ts'
import { readFlags } from '../options/flags.ts'
import { dataWithoutSecrets } from '../process/secrets.ts'
import { checkJson, checkVerdict, findingLine, groupLines, hasInternalError } from '../report/check.ts'

const readProblems: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
}

/** Findings in the JSON unless all are requested. */
const jsonFindings = 100

/** `check`: validates a captured SSE stream. */
export async function checkCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const {
    checkProtocol: protocol,
    choices,
    events: asEvents,
    json: asJson,
    allFindings: all,
  } = readFlags('check', argv)
  // yargs turns `-` into an empty string.
  const file = String(argv['file'] || '-')
  if (protocol === undefined && !asEvents)
    throw new UsageError([
      { where: '--protocol', message: 'missing', hint: 'Name the protocol whose rules to check, or pass --events.' },
    ])
  if (choices !== undefined && protocol !== 'openai-chat-completions')
    throw new UsageError([
      { where: '--choices', message: 'needs --protocol openai-chat-completions: no other protocol has choices' },
    ])
  if (asEvents && asJson)
    throw new UsageError([{ where: '--json', message: 'cannot be combined with --events: both write to stdout' }])

  const findings: PlacedFinding[] = []
  let lines = ''
  const check = checkStream({
    protocol,
    choices,
    onEvent: asEvents
      ? (event) => {
          lines += `${JSON.stringify(event)}\n`
        }
      : undefined,
    onFinding: (received) => {
      const finding = dataWithoutSecrets(received)
      if (asJson) {
        if (all || findings.length < jsonFindings) findings.push(finding)
      } else if (all && asEvents) process.stderr.write(`${findingLine(finding)}\n`)
      else if (all) lines += `${findingLine(finding)}\n`
    },
  })
  const takeLines = () => {
    const text = lines
    lines = ''
    return text
  }
  await pass(file, async function* (source) {
    for await (const chunk of source) {
      check.push(chunk)
      yield takeLines()
    }
    const ended = check.end()
    const checked = { ...ended, groups: dataWithoutSecrets(ended.groups) }
    yield takeLines()
    if (asJson) {
      yield `${JSON.stringify(checkJson(checked, findings, protocol), undefined, 2)}\n`
      return
    }
    const verdict = protocol ? [checkVerdict(checked)] : []
    const summary = [...groupLines(checked.groups, { places: !all }), ...verdict].map((line) => `${line}\n`).join('')
    if (asEvents) process.stderr.write(summary)
    else yield summary
  })
  if (hasInternalError(check.groups)) return exitStatus.bug
  return check.groups.some(({ severity }) => severity === 'error') ? exitStatus.failed : exitStatus.passed
}

/** Pipes a file, or stdin, through `work` to stdout. The command itself reports an error of stdout, and ignores a closed one. */
async function pass(file: string, work: (source: AsyncIterable<Buffer>) => AsyncIterable<string>): Promise<void> {
  const source = file === '-' ? process.stdin : createReadStream(file)
  try {
    await pipeline(source, work, process.stdout, { end: false })
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (syscall === 'write' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') return
    if (syscall !== 'open' && syscall !== 'read') throw cause
    throw new UsageError([
      {
        where: 'check',
        message: `cannot read ${file}: ${readProblems[code ?? ''] ?? code}`,
        hint: 'Pass a readable file, or - for stdin.',
      },
    ])
  }
}

import type { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { UsageError } from '../base/errors.ts'
import { exitStatus } from '../base/exit-status.ts'
import { checkStream, type PlacedFinding } from '../grammar/check-stream.ts'
import { readFlags } from '../options/flag-table.ts'
import { checkFlags } from '../options/flags.ts'
import { checkJson, checkVerdict, findingLine } from '../report/check.ts'

/** Findings told one by one; of those beyond, only how many there were. */
const maxTold = 100

/** `check`: validates a captured SSE stream. */
export async function checkCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { protocol, events: asEvents, json: asJson } = readFlags(checkFlags, argv)
  // yargs makes an empty word of `-`.
  const file = String(argv['file'] || '-')
  if (protocol === undefined && !asEvents)
    throw new UsageError([
      { where: '--protocol', message: 'missing: name the protocol whose rules to check, or use --events' },
    ])
  if (asEvents && asJson)
    throw new UsageError([{ where: '--json', message: 'cannot be combined with --events: both write to stdout' }])

  const findings: PlacedFinding[] = []
  const counts = new Map<string, number>()
  let errors = 0
  let lines = ''
  const check = checkStream({
    ...(protocol && { protocol }),
    ...(asEvents && {
      onEvent: (event) => {
        lines += `${JSON.stringify(event)}\n`
      },
    }),
    onFinding: (finding) => {
      if (finding.severity === 'error') errors++
      counts.set(finding.rule, (counts.get(finding.rule) ?? 0) + 1)
      if (findings.length >= maxTold) return
      findings.push(finding)
      if (asEvents) process.stderr.write(`${findingLine(finding)}\n`)
      else if (!asJson) lines += `${findingLine(finding)}\n`
    },
  })
  const take = () => {
    const text = lines
    lines = ''
    return text
  }
  await pass(file, async function* (source) {
    for await (const chunk of source) {
      check.push(chunk)
      yield take()
    }
    const checked = { ...check.end(), errors, findings, counts }
    if (asJson) yield `${JSON.stringify(checkJson(checked, protocol), undefined, 2)}\n`
    else if (asEvents) {
      yield take()
      if (protocol) process.stderr.write(`${checkVerdict(checked)}\n`)
    } else yield `${take()}${checkVerdict(checked)}\n`
  })
  return errors > 0 ? exitStatus.failed : exitStatus.passed
}

/** Passes a file, or stdin, through `work` to stdout. A reader of stdout that has left ends it. */
async function pass(file: string, work: (source: AsyncIterable<Buffer>) => AsyncIterable<string>): Promise<void> {
  const source = file === '-' ? process.stdin : createReadStream(file)
  try {
    await pipeline(source, work, process.stdout, { end: false })
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') return
    if (syscall !== 'open' && syscall !== 'read') throw cause
    throw new UsageError([
      { where: 'check', message: 'needs a readable file, or - for stdin', got: `${file} (${code})` },
    ])
  }
}

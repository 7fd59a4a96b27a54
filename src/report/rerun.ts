import { singleLine } from '../base/printable.ts'
import type { Judgement } from '../judge/judgement.ts'
import type { Flight } from '../model/flight.ts'
import { isHarmed, type StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'

/** The stream to look at first: the first that failed, else the slowest. */
interface NotedStream {
  readonly stream: number
  /** Its record if it failed. */
  readonly failed?: StreamRecord
  /** Its time line if it is the slowest. */
  readonly slowest?: Flight
}

/** The stream to look at first. A failure by an injected fault counts only if the gateway handled some fault wrongly. */
export function notedStream(run: Run, { faults }: Pick<Judgement, 'faults'>): NotedStream | undefined {
  const isEveryFaultHandled = faults.every(({ wrong }) => wrong === 0)
  const failed = run.records.find(
    (record) => record.outcome.state === 'failed' && !(isEveryFaultHandled && isHarmed(record)),
  )
  if (failed) return { stream: failed.stream, failed }
  const slowest = run.flights?.find(({ why }) => why === 'worst')
  return slowest && { stream: slowest.stream, slowest }
}

/** Flags and variables that the rerun of one stream replaces, or that mean nothing for it. */
const replacedFlags = [
  ...['--streams', '--first-stream', '--json-out', '--junit-out', '--ramp-ms'],
  ...['--shape', '--duration', '--total', '--rate', '--stages', '--arrivals', '--max-streams', '--phase'],
  ...['--threshold', '--goodput', '--against', '--allow', '--allow-different'],
  ...['--repeat', '--retry-invalid', '--turns'],
]
const replacedSwitches = ['--abort-on-fail']
const replacedVariables = ['STREAMS', 'FIRST_STREAM', 'RAMP_MS', 'PHASES', 'TURNS', 'THRESHOLDS', 'GOODPUT']

/**
 * The POSIX shell command that replays one stream alone, with the same texts and faults. It is never truncated, because a truncated
 * command does not run. Undefined for a run of the library.
 */
export function rerunCommand(
  { words, startedBy }: Pick<Run, 'words' | 'startedBy'>,
  stream: number,
): string | undefined {
  if (!words) return undefined
  const { program = 'npx ccr-sse-stress', variables = {}, options = 'arguments' } = startedBy ?? {}
  const assignments = Object.entries(variables)
    .filter(([name]) => /^[A-Z_][A-Z0-9_]*$/.test(name) && !replacedVariables.includes(name))
    .map(([name, value]) => `${name}=${shellQuoted(value)}`)
  if (options === 'variables')
    return [...assignments, 'STREAMS=1', `FIRST_STREAM=${stream}`, singleLine(program)].join(' ')
  const kept = words.filter((argument, index) => {
    const previous = words[index - 1] ?? ''
    if (index > 0 && replacedFlags.includes(previous)) return false
    if (replacedSwitches.includes(argument)) return false
    return !replacedFlags.some((flag) => argument === flag || argument.startsWith(`${flag}=`))
  })
  const flags = [...kept.map(shellQuoted), '--streams 1', `--first-stream ${stream}`]
  return [...assignments, singleLine(program), ...flags].join(' ')
}

/** Characters that a terminal does not print, so that they are lost when the line is copied. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** One argument for a shell: POSIX, or with `$'...'` for characters that cannot be printed. */
export function shellQuoted(text: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(text)) return text
  if (!unprintable.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`
  const characters = Array.from(text, (character) => {
    if (character === "'" || character === '\\') return `\\${character}`
    if (!unprintable.test(character)) return character
    return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  })
  return `$'${characters.join('')}'`
}

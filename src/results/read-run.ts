import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { UsageError } from '../base/errors.ts'
import { atPath } from '../base/file-error.ts'
import { counted } from '../base/format.ts'
import { version } from '../base/version.ts'
import { type Flight, flightSchema } from '../model/flight.ts'
import { recordSchema, type StreamRecord } from '../model/record.ts'
import { type Run, reportSchemaVersion, runHeaderSchema } from '../model/run.ts'
import { derivedShape, type LineCounts, linesSchema } from '../report/json-schema.ts'
import { latest, resultFiles } from './layout.ts'
import { linesOf } from './lines-of.ts'
import { RecordList } from './record-list.ts'

/** Reads a run's folder, so that everything reported about the run can be computed again. */
export async function readRun(folder: string): Promise<Run> {
  const path = (name: keyof typeof resultFiles) => join(folder, resultFiles[name])
  const [runPath, streamsPath, flightsPath] = [path('run'), path('streams'), path('flights')]
  const runText = await read(runPath)
  const { header, lines } = readHeader(runText, runPath)
  const hint = versionHint(header.harnessVersion)
  const list = new RecordList(lines?.streams ?? 0)
  await readLines<StreamRecord>(recordSchema, streamsPath, hint, lines?.streams, (record) => list.add(record))
  const flights: Flight[] = []
  await readLines<Flight>(flightSchema, flightsPath, hint, lines?.flights, (flight) => flights.push(flight))
  // Records that were written during a long load are in the sequence of their ends.
  return {
    ...header,
    records: list.sorted(),
    ...(flights.length > 0 ? { flights } : {}),
    ...(list.thinned > 0 ? { thinned: list.thinned } : {}),
  }
}

/** The folder of the newest run below `out`; undefined if there is none. */
export async function latestRun(out: string): Promise<string | undefined> {
  try {
    return await realpath(join(out, latest))
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
}

function read(path: string): Promise<string> {
  return readFrom(path, () => readFile(path, 'utf8'))
}

/** Reads from the file at `path`. If it is missing, the error says what to pass instead. */
function readFrom<T>(path: string, work: () => Promise<T>): Promise<T> {
  return atPath(path, async () => {
    try {
      return await work()
    } catch (cause) {
      if (!isMissing(cause)) throw cause
      throw wrong(path, 'no such file', `Pass the folder of a run, for example results/${latest}.`)
    }
  })
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
}

interface StoredHeader {
  readonly header: z.output<typeof runHeaderSchema>
  /** Absent if an earlier version wrote it. */
  readonly lines?: LineCounts
}

/** The run's own members of run.json. The derived ones are not read, so that they cannot contradict the run. */
function readHeader(text: string, path: string): StoredHeader {
  const file = parseJson(text, path)
  if (typeof file !== 'object' || file === null || Array.isArray(file)) throw wrong(path, 'must be a JSON object')
  const { schemaVersion, lines, ...members } = file as Readonly<Record<string, unknown>>
  const hint = versionHint(members['harnessVersion'])
  if (schemaVersion !== reportSchemaVersion)
    throw wrong(path, `format version ${schemaVersion} instead of ${reportSchemaVersion}`, hint)
  const own = Object.fromEntries(Object.entries(members).filter(([name]) => !(name in derivedShape)))
  const decoded = runHeaderSchema.safeDecode(own as z.input<typeof runHeaderSchema>)
  if (!decoded.success) throw unlike(path, own, decoded.error, hint)
  if (lines === undefined) return { header: decoded.data }
  const counts = linesSchema.safeParse(lines)
  if (!counts.success) throw unlike(path, lines, counts.error, hint)
  return { header: decoded.data, lines: counts.data }
}

/**
 * One value per line, `count` in all. Validated, but not rebuilt: the JSON report then has the same order of members as after the run.
 */
async function readLines<T>(
  schema: z.ZodType,
  path: string,
  hint: string | undefined,
  count: number | undefined,
  add: (value: T) => void,
): Promise<void> {
  let lineCount = 0
  let firstProblem: unknown
  const take = (line: string) => {
    const at = `${path}:${++lineCount}`
    // A file that was cut off is reported as such, even if a line before the end is damaged.
    if (firstProblem !== undefined) return
    try {
      const value = parseJson(line, at)
      const { error } = schema.safeParse(value)
      if (error) throw unlike(at, value, error, hint)
      add(value as T)
    } catch (cause) {
      firstProblem = cause
    }
  }
  await readFrom(path, async () => {
    for await (const { lines, rest = '' } of linesOf(path)) {
      for (const line of lines) take(line)
      if (rest !== '') throw wrong(`${path}:${lineCount + 1}`, 'the last line is cut off')
    }
  })
  if (count !== undefined && lineCount !== count)
    throw wrong(path, `has ${counted(lineCount, 'line')} instead of ${count}: it was cut off or changed after the run`)
  if (firstProblem !== undefined) throw firstProblem
}

/** A text as JSON; `at` names it in the error. */
export function parseJson(text: string, at: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw wrong(at, `must be JSON: ${cause.message}`)
  }
}

/** What to do if another version wrote the file. */
export function versionHint(writer: unknown): string | undefined {
  if (typeof writer !== 'string' || writer === version) return undefined
  return `Written by ccr-sse-stress ${writer}; this is ${version}. Use the version that wrote it.`
}

function wrong(where: string, message: string, hint?: string): UsageError {
  return new UsageError([{ where, message, hint }])
}

/** An error with a line for each difference between a value and its schema. */
export function unlike(where: string, value: unknown, { issues }: z.ZodError, hint: string | undefined): UsageError {
  return new UsageError(
    issues.flatMap((issue) => {
      const path = issue.path.map(String)
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((name) => ({ where, message: `${[...path, name].join('.')}: unknown member`, hint }))
      const message = issue.code === 'invalid_value' ? 'unknown value' : issue.message.replace(/^Invalid input: /, '')
      return [{ where, message: `${path.join('.')}: ${message}`, got: textAt(value, issue.path), hint }]
    }),
  )
}

/** A member of a value as JSON, cut to 40 characters; undefined if there is none. */
function textAt(value: unknown, path: readonly PropertyKey[]): string | undefined {
  const member = path.reduce<unknown>((holder, name) => (holder as Record<PropertyKey, unknown> | null)?.[name], value)
  return JSON.stringify(member)?.slice(0, 40)
}

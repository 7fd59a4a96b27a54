import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../base/errors.ts'
import { flightSchema } from '../model/flight.ts'
import { recordSchema } from '../model/record.ts'
import { type Run, reportSchemaVersion, runHeaderSchema } from '../model/run.ts'
import { atPath } from './file-error.ts'
import { latest, resultFiles } from './layout.ts'

const runSchema = z.object({ schemaVersion: z.literal(reportSchemaVersion), ...runHeaderSchema.shape })

/** Reads a run's folder back, so that whatever was said of the run can be computed again. */
export async function readRun(folder: string): Promise<Run> {
  const path = (name: keyof typeof resultFiles) => join(folder, resultFiles[name])
  const [runPath, streamsPath, flightsPath] = [path('run'), path('streams'), path('flights')]
  const [runText, streamsText, flightsText] = await Promise.all([read(runPath), read(streamsPath), read(flightsPath)])
  const { schemaVersion: _, ...header } = parse(runSchema, runText, runPath)
  const flights = parseLines(flightSchema, flightsText, flightsPath)
  return {
    ...header,
    records: parseLines(recordSchema, streamsText, streamsPath),
    ...(flights.length > 0 && { flights }),
  }
}

function parseLines<T>(schema: z.ZodType<T>, text: string, path: string): T[] {
  const lines = text.split('\n')
  if (lines.pop() !== '') throw wrong(`${path}:${lines.length + 1}`, 'the last record must end with a newline')
  return lines.map((line, index) => parse(schema, line, `${path}:${index + 1}`))
}

/** The folder of the newest run below `out`; undefined where there is none. */
export async function latestRun(out: string): Promise<string | undefined> {
  try {
    return await realpath(join(out, latest))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  }
}

function read(path: string): Promise<string> {
  return atPath(path, () => readFile(path, 'utf8'))
}

function parse<T>(schema: z.ZodType<T>, text: string, where: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw wrong(where, `must be JSON: ${cause.message}`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new UsageError(
    parsed.error.issues.map(({ path, message }) => ({
      where: [where, ...path.map(String)].join(':'),
      message: `not written by this version: ${message}`,
    })),
  )
}

function wrong(where: string, message: string): UsageError {
  return new UsageError([{ where, message }])
}

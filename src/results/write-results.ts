import { lstat, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'
import { atPath } from '../base/file-error.ts'
import { makeFolders } from '../base/make-folders.ts'
import type { Judgement } from '../judge/judgement.ts'
import type { Flight } from '../model/flight.ts'
import { phasesOf } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { runJson } from '../report/json.ts'
import type { LineCounts } from '../report/json-schema.ts'
import { seriesCsv } from '../report/series-csv.ts'
import { latest, resultFiles } from './layout.ts'
import { jsonText } from './output.ts'
import { spoolIn } from './record-spool.ts'
import { replaceFile, replaceLink } from './replace-file.ts'
import { isRunId } from './run-id.ts'

/** Writes a run's folder below `out`, and returns its path. If it cannot be complete, nothing of it is left, apart from records that were written during the load. */
export async function writeResults(out: string, run: Run, judgement: Judgement, reportText: string): Promise<string> {
  if (!isRunId(run.id)) throw new Error(`not a run id: ${JSON.stringify(run.id)}`)
  const folder = join(out, run.id)
  const spool = spoolIn(folder)
  if (!spool)
    await atPath(folder, async () => {
      await makeFolders(out)
      await mkdir(folder)
    })
  const write = (name: string, content: string | Iterable<string>) => replaceFile(join(folder, name), content, run.id)
  const flights = run.flights ?? []
  try {
    if (!spool) await write(resultFiles.streams, lines(run.records))
    const streams = spool ? await spool.complete(run.records) : run.records.length
    await write(resultFiles.flights, lines(flights))
    if (judgement.seconds.length > 0)
      await write(
        resultFiles.series,
        seriesCsv(
          judgement.seconds,
          phasesOf(run.scenario).map(({ name }) => name),
        ),
      )
    await write(resultFiles.report, reportText)
    const counts: LineCounts = { streams, flights: flights.length }
    // Last: a folder with a run.json is complete.
    await write(resultFiles.run, jsonText({ ...runJson(run, judgement), lines: counts }))
  } catch (cause) {
    // This error matters more than a failure to remove the rest.
    if (!spool) await rm(folder, { recursive: true, force: true }).catch(() => undefined)
    throw cause
  }
  return folder
}

/**
 * Points the link `latest` at a run's folder. The run is complete without it, so that a problem is not an error: returns what is
 * wrong, or undefined.
 */
export async function linkLatest(out: string, id: string): Promise<string | undefined> {
  const link = join(out, latest)
  const existing = await lstat(link).catch(() => undefined)
  if (existing?.isSymbolicLink() === false) return `${link}: not updated, because it is not a symbolic link`
  try {
    await replaceLink(link, id, id)
    return undefined
  } catch (cause) {
    // A file system without links, for example.
    if (cause instanceof EnvironmentError) return `${cause.message} (not updated)`
    throw cause
  }
}

/** Lines per write. */
const batchSize = 1000

function* lines(records: readonly (StreamRecord | Flight)[]): Generator<string> {
  for (let at = 0; at < records.length; at += batchSize) {
    const batch = records.slice(at, at + batchSize).map((record) => JSON.stringify(record))
    yield `${batch.join('\n')}\n`
  }
}

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Judgement } from '../judge/judgement.ts'
import type { Flight } from '../model/flight.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { runJson } from '../report/json.ts'
import { atPath } from './file-error.ts'
import { latest, resultFiles } from './layout.ts'
import { replaceFile, replaceLink } from './replace-file.ts'
import { isRunId } from './run-id.ts'

/** Writes a run's folder below `out`, points the link `latest` at it, and returns its path. */
export async function writeResults(out: string, run: Run, judgement: Judgement, reportText: string): Promise<string> {
  if (!isRunId(run.id)) throw new Error(`not a run id: ${JSON.stringify(run.id)}`)
  const folder = join(out, run.id)
  await atPath(folder, async () => {
    await mkdir(out, { recursive: true })
    await mkdir(folder)
  })
  const write = (name: string, content: string | Iterable<string>) => replaceFile(join(folder, name), content, run.id)
  await write(resultFiles.streams, lines(run.records))
  await write(resultFiles.flights, lines(run.flights ?? []))
  await write(resultFiles.report, reportText)
  // Last: a folder with a run.json is complete.
  await write(resultFiles.run, `${JSON.stringify(runJson(run, judgement), undefined, 2)}\n`)
  await replaceLink(join(out, latest), run.id, run.id)
  return folder
}

/** Lines per write. */
const batchSize = 1000

function* lines(records: readonly (StreamRecord | Flight)[]): Generator<string> {
  for (let at = 0; at < records.length; at += batchSize) {
    const batch = records.slice(at, at + batchSize).map((record) => JSON.stringify(record))
    yield `${batch.join('\n')}\n`
  }
}

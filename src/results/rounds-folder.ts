import { mkdir, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { atPath, codeOf } from '../base/file-error.ts'
import { makeFolders } from '../base/make-folders.ts'
import { judge } from '../judge/judgement.ts'
import { type RoundRun, roundRunOf } from '../judge/rounds/rounds.ts'
import type { RoundPlace } from '../model/rounds.ts'
import type { Rounds } from '../report/rounds.ts'
import { type RoundsIndex, type RoundsJson, roundsIndexSchema } from '../report/rounds-schema.ts'
import { notCounted, roundsFiles } from './layout.ts'
import { jsonText } from './output.ts'
import { readRuns } from './read-runs.ts'
import { replaceFile } from './replace-file.ts'

/** Writes what is known of the rounds so far into their folder. It is called after each run, so that nothing is lost if the next one is killed. */
export async function writeRounds(folder: string, json: RoundsJson, report: string): Promise<void> {
  await atPath(folder, () => makeFolders(folder))
  await replaceFile(join(folder, roundsFiles.report), report, json.id)
  await replaceFile(join(folder, roundsFiles.rounds), jsonText(json), json.id)
}

/** The folder of a run below that of all rounds. */
export function folderOfRound({ gateway }: RoundPlace, { state }: Pick<RoundRun, 'state'>, id: string): string {
  return join(...(state === 'counted' ? [] : [notCounted]), gateway, id)
}

/** Moves the folder of a run that does not count, so that `compare` does not take it for one that does. */
export async function moveRun(from: string, to: string): Promise<void> {
  await atPath(to, async () => {
    await mkdir(dirname(to), { recursive: true })
    await rename(from, to)
  })
}

/** The runs of several rounds, read and judged again; undefined if `folder` is not the folder of rounds. */
export async function readRounds(folder: string): Promise<Rounds | undefined> {
  const path = join(folder, roundsFiles.rounds)
  const text = await atPath(path, () =>
    readFile(path, 'utf8').catch((cause: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause) ?? '')) return undefined
      throw cause
    }),
  )
  if (text === undefined) return undefined
  const { id, plan, interruptedBy, error, runs: places } = readIndex(text, path)
  const runs: RoundRun[] = []
  // One after the other: each is large, and only what rounds need of it is kept.
  for (const place of places)
    for (const run of await readRuns([join(folder, place.folder)])) runs.push(roundRunOf(place, run, judge(run)))
  return { id, plan, runs, interruptedBy: interruptedBy ?? undefined, error: error ?? undefined }
}

function readIndex(text: string, path: string): RoundsIndex {
  const refuse = (message: string) => new UsageError([{ where: path, message }])
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw refuse(`must be JSON: ${cause.message}`)
  }
  const { data, error } = roundsIndexSchema.safeParse(value)
  if (data) return data
  const [issue] = error.issues
  throw refuse(`${issue?.path.map(String).join('.')}: ${issue?.message.replace(/^Invalid input: /, '')}`)
}

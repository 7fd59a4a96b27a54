import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Problem, UsageError } from '../base/errors.ts'
import { atPath, codeOf } from '../base/file-error.ts'
import { latest, resultFiles, roundsFiles } from './layout.ts'

/**
 * The run folders that an operand names: a run's folder, the folder of several rounds (its runs that count), a folder of either, or several,
 * separated by commas. A name that exists is never split. Adds a problem for what is none.
 */
export async function runFolders(operand: string, problems: Problem[]): Promise<readonly string[]> {
  const isList = operand.includes(',') && (await kindOf(operand)) === 'nothing'
  const names = isList ? operand.split(',').filter((name) => name !== '') : [operand]
  const folders: string[] = []
  for (const name of names) folders.push(...(await foldersIn(name, problems)))
  return folders
}

async function foldersIn(name: string, problems: Problem[]): Promise<readonly string[]> {
  const hint = `Pass the folder of a run, such as results/${latest}, or a folder of run folders.`
  const kind = await kindOf(name)
  if (kind !== 'folder') {
    const message = kind === 'nothing' ? 'no such folder' : 'is not a folder'
    problems.push({ where: name === '' ? '""' : name, message, hint })
    return []
  }
  if (await isRun(name)) return [name]
  const runs: string[] = []
  // Runs that do not count are a level deeper.
  for (const folder of (await isRounds(name)) ? await foldersBelow(name) : [name])
    for (const inner of await foldersBelow(folder)) {
      if (await isRun(inner)) runs.push(inner)
      else if (await isRounds(inner)) runs.push(...(await foldersIn(inner, problems)))
    }
  if (runs.length === 0) problems.push({ where: name, message: `contains no run (no ${resultFiles.run})`, hint })
  return runs
}

async function foldersBelow(folder: string): Promise<readonly string[]> {
  const entries = await atPath(folder, () => readdir(folder, { withFileTypes: true }))
  // Not links: `latest` is one of the runs.
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort()
}

/** Whether a folder has the runs of several rounds. */
async function isRounds(folder: string): Promise<boolean> {
  return (await kindOf(join(folder, roundsFiles.rounds))) !== 'nothing'
}

/** A folder with a run.json is complete. */
async function isRun(folder: string): Promise<boolean> {
  return (await kindOf(join(folder, resultFiles.run))) !== 'nothing'
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'nothing'> {
  return atPath(path, async () => {
    try {
      return (await stat(path)).isDirectory() ? 'folder' : 'file'
    } catch (cause) {
      if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(codeOf(cause) ?? '')) return 'nothing'
      throw cause
    }
  })
}

/** Refuses a folder that was named twice, whatever its names are: a run compared with itself shows no difference. */
export async function checkNamedOnce(folders: readonly string[]): Promise<void> {
  const names = new Map<string, string>()
  const problems: Problem[] = []
  for (const folder of folders) {
    const path = await atPath(folder, () => realpath(folder))
    const earlier = names.get(path)
    if (earlier !== undefined)
      problems.push({ where: folder, message: `is the same folder as ${earlier}`, hint: 'Pass different runs.' })
    names.set(path, folder)
  }
  if (problems.length > 0) throw new UsageError(problems)
}

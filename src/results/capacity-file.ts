import { mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { z } from 'zod'
import { type Problem, UsageError } from '../base/errors.ts'
import { atPath } from '../base/file-error.ts'
import { makeFolders } from '../base/make-folders.ts'
import { type Capacity, capacitySchema, capacitySchemaVersion } from '../model/capacity.ts'
import { capacityJson, derivedNames } from '../report/capacity-json.ts'
import { capacityFiles } from './layout.ts'
import { jsonText } from './output.ts'
import { parseJson, unlike, versionHint } from './read-run.ts'
import { replaceFile } from './replace-file.ts'

/** Makes the folder of a search below `out`, and returns its path. */
export async function makeCapacityFolder(out: string, id: string): Promise<string> {
  const folder = join(out, id)
  await atPath(folder, async () => {
    await makeFolders(out)
    await mkdir(folder)
  })
  return folder
}

/** Replaces the file of a search in one step, so that it is complete at any time. */
export function writeCapacity(folder: string, capacity: Capacity): Promise<void> {
  return replaceFile(join(folder, capacityFiles.capacity), jsonText(capacityJson(capacity)), capacity.id)
}

/** The folder of a search, by the name of the folder or of its file; undefined if it is neither. */
export async function capacityFolder(path: string): Promise<string | undefined> {
  if (basename(path) === capacityFiles.capacity) return (await isFile(path)) ? dirname(path) : undefined
  return (await isFile(join(path, capacityFiles.capacity))) ? path : undefined
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true
}

/** Reads the file of a search. The derived members are not read, so that they cannot contradict its trials. */
export async function readCapacity(folder: string): Promise<Capacity> {
  const path = join(folder, capacityFiles.capacity)
  const file = parseJson(await atPath(path, () => readFile(path, 'utf8')), path)
  if (typeof file !== 'object' || file === null || Array.isArray(file)) throw wrong(path, 'must be a JSON object')
  const members = file as Readonly<Record<string, unknown>>
  const hint = versionHint(members['harnessVersion'])
  if (members['schemaVersion'] !== capacitySchemaVersion)
    throw wrong(
      path,
      `format version ${JSON.stringify(members['schemaVersion'])} instead of ${capacitySchemaVersion}`,
      hint,
    )
  const own = Object.fromEntries(Object.entries(members).filter(([name]) => !derivedNames.includes(name)))
  const parsed = capacitySchema.safeParse(own satisfies z.input<typeof capacitySchema> | object)
  if (!parsed.success) throw unlike(path, own, parsed.error, hint)
  return parsed.data
}

/** Reads a search to continue. Throws a UsageError if it has another load, gateway or threshold than `plan`. */
export async function readResumed(
  path: string,
  plan: ResumePlan,
): Promise<{ readonly folder: string; readonly capacity: Capacity }> {
  const folder = await capacityFolder(path)
  if (folder === undefined)
    throw wrong('--resume', 'must be the folder of a search, or its capacity.json', undefined, JSON.stringify(path))
  const capacity = await readCapacity(folder)
  const problems = differences(capacity, plan)
  if (problems.length > 0) throw new UsageError(problems)
  return { folder: await realpath(folder), capacity }
}

/** What must be the same when a search is continued. */
export type ResumePlan = Pick<
  Capacity,
  'of' | 'search' | 'protocol' | 'scenario' | 'toxics' | 'thresholds' | 'unloaded'
>

function differences(stored: Capacity, plan: ResumePlan): readonly Problem[] {
  const problems: Problem[] = []
  const compare = (name: string, before: unknown, now: unknown) => {
    if (JSON.stringify(before) === JSON.stringify(now)) return
    const [was, is] = [before, now].map((value) => JSON.stringify(value) ?? 'not set')
    problems.push({ where: '--resume', message: `needs the same ${name} (was ${was}, is ${is})` })
  }
  compare('--of', stored.of, plan.of)
  compare('step duration in s', stored.search.stepS, plan.search.stepS)
  compare('protocol', stored.protocol, plan.protocol)
  compare('toxics', stored.toxics, plan.toxics)
  const [before, now]: Readonly<Record<string, unknown>>[] = [stored.scenario, plan.scenario]
  for (const name of new Set([...Object.keys(before ?? {}), ...Object.keys(now ?? {})]))
    compare(name, before?.[name], now?.[name])
  // The limit that was derived from streams without a load is not written on the command line.
  const derived =
    stored.unloaded && stored.thresholds.length > plan.thresholds.length ? stored.thresholds.slice(-1) : []
  compare('thresholds', stored.thresholds, [...plan.thresholds, ...derived])
  return problems
}

/** The problem of a gateway that is not the one of a search to continue; undefined if it is. */
export function gatewayDifference(
  stored: NonNullable<Capacity['gateway']>,
  found: NonNullable<Capacity['gateway']>,
): Problem | undefined {
  const text = ({ kind, name, version }: NonNullable<Capacity['gateway']>) =>
    [kind, name, version].filter(Boolean).join(', ')
  if (text(stored) === text(found)) return undefined
  return { where: '--resume', message: `needs the same gateway (was ${text(stored)}, is ${text(found)})` }
}

function wrong(where: string, message: string, hint?: string, got?: string): UsageError {
  return new UsageError([{ where, message, hint, got }])
}

import { Buffer } from 'node:buffer'
import { closeSync, openSync, readSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EnvironmentError, type Problem, UsageError } from '../base/errors.ts'
import { codeOf, reasonOf } from '../base/file-error.ts'
import { nearest } from '../base/nearest.ts'
import { type FileMistake, fileLimits, type Place, parseScenarioDocument } from './scenario-document.ts'
import { type KeyTexts, readKeys } from './scenario-keys.ts'

/** A scenario file as it was read, with its mistakes. */
export interface ScenarioFile {
  /** How messages name it. */
  readonly label: string
  readonly name: string
  readonly description?: string
  /** The texts of its flags, as a command line would have them. Keys with mistakes are missing. */
  readonly texts: KeyTexts
  /** Where each flag, each phase (`phase NAME`) and each kind of stream (`kind NAME`) is set. */
  readonly places: ReadonlyMap<string, Place>
  readonly problems: readonly Problem[]
}

/** The most mistakes to report one by one. */
const maxProblems = 50

/** The folder of the ready scenarios. */
const folder = new URL('../../config/scenarios/', import.meta.url)

/** The path of the JSON Schema of scenario files. */
export const schemaPath: string = fileURLToPath(new URL('../../config/scenario.schema.json', import.meta.url))

/** The path of a ready scenario. */
function readyPath(name: string): string {
  return fileURLToPath(new URL(`${name}.yml`, folder))
}

/** The ready scenarios, in the sequence in which they are listed: from the smallest to the largest. */
export const readyScenarios = [
  'smoke',
  'original-100',
  'burst-1000',
  'ramp',
  'sustained',
  'soak',
  'spike',
  'thundering-herd',
  'slow-readers',
  'abort-storm',
  'long-answers',
  'agent-session',
  'fault-mix',
  'hold-10k',
] as const

/** Reads `--scenario`: a path if it has a slash or an extension, else the name of a ready scenario. Throws if it cannot be read. */
export function loadScenarioFile(reference: string): ScenarioFile {
  if (reference.includes('/') || extname(reference) !== '') return readScenarioFile(reference, reference)
  if (readyScenarios.some((name) => name === reference))
    return readScenarioFile(readyPath(reference), `${reference}.yml`)
  const near = nearest(reference, readyScenarios)
  throw new UsageError([
    {
      where: '--scenario',
      message: `must be the path of a file, with a slash or an extension, or one of ${readyScenarios.join(', ')}`,
      got: JSON.stringify(reference),
      hint: near === undefined ? `If it is a file of this folder, pass ./${reference}.` : `Did you mean ${near}?`,
    },
  ])
}

function readScenarioFile(path: string, label: string): ScenarioFile {
  return scenarioFileOf(readBytes(path, label), label)
}

/** At most one byte more than a scenario file may have. */
function readBytes(path: string, label: string): Uint8Array {
  const bytes = Buffer.alloc(fileLimits.bytes + 1)
  let length = 0
  try {
    const file = openSync(path, 'r')
    try {
      // A device such as /dev/zero never ends.
      for (let read = -1; read !== 0 && length < bytes.length; length += read)
        read = readSync(file, bytes, length, bytes.length - length, null)
    } finally {
      closeSync(file)
    }
    return bytes.subarray(0, length)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined) throw cause
    const message = `${label}: ${reasonOf(code) ?? code}`
    if (code === 'EACCES' || code === 'EPERM') throw new EnvironmentError(message, { cause })
    throw new UsageError([{ where: '--scenario', message: 'cannot be read', got: message }])
  }
}

/** The scenario file with this content. */
export function scenarioFileOf(bytes: Uint8Array, label: string): ScenarioFile {
  const name = basename(label, extname(label))
  const mistakes: FileMistake[] = []
  const text = textOf(bytes, mistakes)
  const root = text === undefined ? undefined : parseScenarioDocument(text, mistakes)
  const places = new Map<string, Place>()
  const read = root && readKeys(root, places, mistakes)
  const inSequence = mistakes.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
  const problems: Problem[] = inSequence
    .slice(0, maxProblems)
    .map(({ at, message, ...others }) => ({ where: placed(label, at), message, ...others }))
  if (mistakes.length > maxProblems)
    problems.push({ where: label, message: `has ${mistakes.length - maxProblems} more mistakes` })
  return { name, ...read?.about, label, texts: read?.texts ?? {}, places, problems }
}

function textOf(bytes: Uint8Array, mistakes: FileMistake[]): string | undefined {
  const refuse = (message: string, hint?: string) => {
    mistakes.push({ at: { line: 1, column: 1 }, message, ...(hint !== undefined && { hint }) })
    return undefined
  }
  if (bytes.length > fileLimits.bytes) return refuse('must have at most 1 MiB')
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return refuse('must be UTF-8, not UTF-16', 'Save the file as UTF-8.')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    return refuse('must be UTF-8 text')
  }
  const at = text.search(/[^\P{Cc}\t\n\r]/u)
  if (at < 0) return text
  const lines = text.slice(0, at).split('\n')
  const place = { line: lines.length, column: (lines.at(-1) as string).length + 1 }
  mistakes.push({ at: place, message: 'must not contain control characters', got: JSON.stringify(text[at]) })
  return undefined
}

function placed(label: string, { line, column }: Place): string {
  return `${label}:${line}:${column}`
}

/** The place of a key in its file, as errors name it. */
export function placeIn({ label, places }: ScenarioFile, name: string): string {
  const place = places.get(name)
  return place ? placed(label, place) : label
}

/** A problem of a flag that comes from the file, with its place in the file. `isOverridden`: whether the command line has a flag. */
export function placedProblem(
  problem: Problem,
  file: ScenarioFile | undefined,
  isOverridden: (name: string) => boolean,
): Problem {
  const name = /^--([a-z0-9-]+)$/.exec(problem.where)?.[1]
  if (!file || name === undefined || isOverridden(name)) return problem
  const part = /^in ((?:phase|kind) [a-z0-9-]+)[,:] /.exec(problem.message)?.[1] ?? ''
  const place = file.places.get(part) ?? file.places.get(name)
  return place ? { ...problem, where: `${placed(file.label, place)}: ${name}` } : problem
}

/** The keys of a file as words of a command line. */
export function wordsOf(texts: KeyTexts): readonly string[] {
  return Object.entries(texts).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [value].flat().map((text) => `--${name}=${text}`),
  )
}

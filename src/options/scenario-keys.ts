import { type Flag, flagsOf } from './flags.ts'
import type { FileMistake, FileNode, MapNode, Place } from './scenario-document.ts'
import { readKinds, readPhases, readStages, readThresholds } from './scenario-parts.ts'
import { sourceOf, ValueReader } from './scenario-values.ts'
import { options } from './table.ts'

/** The flags of a file as a command line would have them. */
export type KeyTexts = Readonly<Record<string, string | readonly string[] | true>>

/** The keys of scenario files that are not flags. `phases` and `thresholds` are other spellings of `phase` and `threshold`. */
export const otherKeys = ['version', 'name', 'description', 'phases', 'thresholds'] as const

/** The version of the format of scenario files. */
export const fileVersion = 1

/** The flags that are keys of scenario files. */
export function keyFlags(): readonly Flag[] {
  return flagsOf('run').filter(({ outsideFiles }) => outsideFiles === undefined)
}

/** What a file contains. */
interface ReadKeys {
  readonly texts: KeyTexts
  readonly about: { readonly name?: string; readonly description?: string }
}

/** Reads the keys of a scenario file; notes the place of each flag. */
export function readKeys(root: FileNode, places: Map<string, Place>, mistakes: FileMistake[]): ReadKeys {
  if (root.kind !== 'map') {
    mistakes.push({ at: root.at, message: 'must be a map of keys and values, such as streams: 100' })
    return { texts: {}, about: {} }
  }
  return new KeyReader(places, mistakes).read(root)
}

/** The name of a scenario. */
export const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u

class KeyReader {
  readonly #places: Map<string, Place>
  readonly #reader: ValueReader
  readonly #flags = new Map(keyFlags().map((flag) => [flag.name, flag]))

  constructor(places: Map<string, Place>, mistakes: FileMistake[]) {
    this.#places = places
    this.#reader = new ValueReader(mistakes)
  }

  read({ entries }: MapNode): ReadKeys {
    const texts: Record<string, string | readonly string[] | true> = {}
    const about: Record<string, string> = {}
    for (const { key, keyAt, value } of entries) {
      if (key === 'version') this.#checkVersion(value)
      else if (key === 'name' || key === 'description') {
        const text = this.#readAbout(key, value)
        if (text !== undefined) about[key] = text
      } else if (key === 'phases') {
        if (this.#isFirst('phase', keyAt, key)) texts['phase'] = readPhases(this.#reader, value, this.#places)
      } else if (key === 'thresholds') {
        if (this.#isFirst('threshold', keyAt, key)) texts['threshold'] = readThresholds(this.#reader, value)
      } else {
        const flag = this.#flags.get(key)
        if (!flag) this.#refuseKey(key, keyAt)
        else if (this.#isFirst(key, value.at, key)) {
          const text = this.#readFlag(flag, value)
          if (text !== undefined) texts[key] = text
        }
      }
    }
    return { texts, about }
  }

  #isFirst(name: string, at: Place, key: string): boolean {
    const isFirst = !this.#places.has(name)
    if (isFirst) this.#places.set(name, at)
    else this.#reader.refuse(at, key, `cannot be combined with ${key === name ? `${name}s` : name}`)
    return isFirst
  }

  #refuseKey(key: string, at: Place): void {
    const outside = flagsOf('run').find(({ name }) => name === key)?.outsideFiles
    if (outside !== undefined) {
      const hint = `Pass --${key} on the command line.`
      this.#reader.refuse(at, key, `is not a key of scenario files, because it ${outside}`, { hint })
      return
    }
    const names = [...this.#flags.keys(), ...otherKeys]
    this.#reader.refuseKey(at, key, '', names, 'docs/scenarios.md describes the keys.')
  }

  #checkVersion(node: FileNode): void {
    if (node.kind === 'scalar' && node.value === fileVersion) return
    const isNewer = node.kind === 'scalar' && typeof node.value === 'number' && node.value > fileVersion
    const message = isNewer
      ? `needs a newer ccr-sse-stress: this one reads version ${fileVersion}`
      : `must be ${fileVersion}`
    this.#reader.refuse(node.at, 'version', message, { got: sourceOf(node) })
  }

  #readAbout(key: 'name' | 'description', node: FileNode): string | undefined {
    const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value.trim() : ''
    if (key === 'name' && !namePattern.test(text))
      return this.#reader.refuse(node.at, key, 'must be text of 1 to 80 letters, digits, spaces, dots and dashes', {
        got: sourceOf(node),
      })
    if (text === '' || text.length > 2000)
      return this.#reader.refuse(node.at, key, 'must be text of 1 to 2000 characters', { got: sourceOf(node) })
    return text
  }

  #readFlag(flag: Flag, node: FileNode): string | readonly string[] | true | undefined {
    if (flag.kind === 'switch') {
      const value = node.kind === 'scalar' ? node.value : undefined
      if (typeof value === 'boolean') return value ? true : undefined
      return this.#reader.refuse(node.at, flag.name, 'must be true or false', { got: sourceOf(node) })
    }
    if (flag.kind === 'list') {
      if (flag.name === options.mix.name) return readKinds(this.#reader, node, this.#places)
      const items = node.kind === 'list' ? node.items : [node]
      return items.flatMap((item) => this.#reader.readText(flag.name, flag, item) ?? [])
    }
    if (flag.name === options.stages.name) return readStages(this.#reader, node)
    return this.#reader.readText(flag.name, flag, node)
  }
}

import { settingNames } from './load-text.ts'
import type { KeyTexts } from './scenario-keys.ts'
import { options } from './table.ts'

/** The flags that describe how streams start. */
const loadFlags: ReadonlySet<string> = new Set([...Object.values(settingNames), options.phases.name])

/** The flags that begin another load: what a file says about the load does not apply to it. */
const newLoad = [options.shape.name, options.phases.name]

/**
 * The texts of a file that the command line does not override. A flag replaces the value of the file, also that of a list; `--shape` and
 * `--phase` replace everything that the file says about the load.
 */
export function textsBehind(texts: KeyTexts, argv: Readonly<Record<string, unknown>>): KeyTexts {
  const isNewLoad = newLoad.some((name) => argv[name] !== undefined)
  return Object.fromEntries(
    Object.entries(texts).filter(([name]) => argv[name] === undefined && !(isNewLoad && loadFlags.has(name))),
  )
}

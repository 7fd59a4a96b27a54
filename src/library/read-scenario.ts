import { type Problem, UsageError } from '../base/errors.ts'
import { acceptedBy } from '../base/values.ts'
import type { Option } from '../options/option.ts'
import type { ScenarioOptions } from '../options/scenario.ts'
import { loadScenarioFile, placeIn } from '../options/scenario-file.ts'
import { options as table } from '../options/table.ts'

/**
 * Reads a scenario file: its path, or the name of a ready scenario such as `spike`. Throws a UsageError with all mistakes, also for keys
 * that describe a topology, because the library starts that itself.
 */
export function readScenario(reference: string): ScenarioOptions {
  const file = loadScenarioFile(reference)
  const problems: Problem[] = [...file.problems]
  const scenario: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(file.texts)) {
    if (name === table.noBaseline.name) scenario['baseline'] = false
    else if (name === table.noWarmUp.name) scenario['warmUpStreams'] = 0
    else {
      const known = Object.entries<Option>(table).find(([, option]) => option.inScenario && option.name === name)
      if (known) scenario[known[0]] = valueFor(known[1], text)
      else {
        const message = 'is a key for `ccr-sse-stress run` only'
        problems.push({
          where: `${placeIn(file, name)}: ${name}`,
          message,
          hint: 'Pass it to startTopology(), or remove it.',
        })
      }
    }
  }
  if (problems.length > 0) throw new UsageError(problems)
  return scenario
}

/** The value as a library option: a number, a text, or a list of texts. */
function valueFor({ schema }: Option, text: string | readonly string[] | true): unknown {
  const { type } = acceptedBy(schema)
  return type === 'integer' || type === 'number' ? Number(text) : text
}

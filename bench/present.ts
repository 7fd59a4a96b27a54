import type { BenchContext } from './context.ts'
import { toolOf } from './program.ts'
import { findTool, howToGet } from './tools.ts'

/** Contenders of a table by name: those that can run here, and a row with the reason for each that cannot. */
export interface Present {
  readonly names: readonly string[]
  readonly absent: readonly (readonly [name: string, why: string])[]
}

/** Finds the contenders that can run; each has one or several scripts, and all of them must be able to run. */
export async function presentAmong(
  contenders: Readonly<Record<string, string | readonly string[]>>,
  { env }: BenchContext,
): Promise<Present> {
  const names: string[] = []
  const absent: [string, string][] = []
  for (const [name, scripts] of Object.entries(contenders)) {
    const tools = [scripts].flat().flatMap((script) => toolOf(script) ?? [])
    const programs = await Promise.all(tools.map((tool) => findTool(tool, env)))
    const missing = tools[programs.indexOf(undefined)]
    if (missing === undefined) names.push(name)
    else absent.push([name, howToGet(missing)])
  }
  return { names, absent }
}

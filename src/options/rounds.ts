import { describeProblem, type Problem, UsageError } from '../base/errors.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { supportedProtocols } from './installed-gateway.ts'
import { type RunOptions, readFlagsAndFile, readRunOptions } from './run-options.ts'

/** The options of `run` for each of its gateways, in the sequence of `--gateway`. Throws a UsageError with the problems of all. */
export function readRoundOptions(
  argv: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): readonly [RunOptions, ...RunOptions[]] {
  const problems = new Map<string, Problem>()
  const add = (list: readonly Problem[]) => {
    for (const problem of list) problems.set(describeProblem(problem), problem)
  }
  const flagsAndFile = readFlagsAndFile(argv)
  const read = flagsAndFile.flags.gateways.flatMap((gateway) => {
    try {
      return [readRunOptions(argv, env, gateway, flagsAndFile)]
    } catch (cause) {
      if (!(cause instanceof UsageError)) throw cause
      add(cause.problems)
      return []
    }
  })
  add(protocolProblems(read))
  if (problems.size > 0) throw new UsageError([...problems.values()])
  return read as [RunOptions, ...RunOptions[]]
}

/** Gateways have different default protocols, but only runs in the same protocol can be compared. */
function protocolProblems(options: readonly RunOptions[]): readonly Problem[] {
  const defaults = options.map(({ gateway, experiment }) => `${gateway}: ${experiment.protocol}`)
  if (new Set(options.map(({ experiment }) => experiment.protocol)).size <= 1) return []
  const shared = protocolNames.filter((protocol) =>
    options.every(({ gateway }) => supportedProtocols(gateway).includes(protocol)),
  )
  return [
    {
      where: '--protocol',
      message: `must be passed, because the defaults of the gateways differ (${defaults.join(', ')})`,
      hint: shared.length > 0 ? `All of them support ${shared.join(' and ')}.` : 'They support no common protocol.',
    },
  ]
}

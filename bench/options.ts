import { parseArgs } from 'node:util'
import { type Problem, UsageError } from '../src/base/errors.ts'

/** The parts of the benchmark, in the order in which they run. */
export const suiteNames = [
  'client',
  'verification',
  'schedule',
  'recording',
  'memory',
  'ten-thousand',
  'self-noise',
  'accuracy',
  'mock',
  'both-ends',
  'gateway',
  'start-up',
  'capacity',
] as const

/** The name of a part. */
export type SuiteName = (typeof suiteNames)[number]

/** The options of the command line. */
export interface Options {
  readonly only: readonly SuiteName[]
  readonly rounds: number
  /** How long `capacity` holds its streams open, in s. */
  readonly holdS: number
}

/** What `--help` prints. */
export const usage = `Usage: npm run bench -- [--only PART,...] [--rounds N] [--hold-s N]

Measures what the harness costs and how precise it is, next to other programs.

Options:
  --only PART,...  Parts to run, in this order (default: all):
                     ${suiteNames.slice(0, 7).join(', ')},
                     ${suiteNames.slice(7).join(', ')}
  --rounds N       Rounds of each part; the medians are printed (1 to 99, default 5; capacity runs at most 3)
  --hold-s N       How long capacity holds its streams open, in s (1 to 600, default 60)

Examples:
  npm run bench -- --only client,mock --rounds 3
  npm run bench -- --only capacity --hold-s 120

Needs Linux and an idle machine. All parts take some hours, all but capacity half an hour.
Install the programs written in other languages with \`npm run bench:install\`; missing ones are skipped.
`

/** Reads the command line; undefined for --help. Throws a UsageError with every problem. */
export function readOptions(words: readonly string[]): Options | undefined {
  const { values, positionals, tokens } = parseArgs({ args: [...words], strict: false, tokens: true, options: flags })
  const problems: Problem[] = positionals.map((got) => ({ where: 'command line', message: 'takes only flags', got }))
  for (const token of tokens) {
    if (token.kind === 'option' && !(token.name in flags))
      problems.push({
        where: token.rawName,
        message: `is unknown; use one of ${Object.keys(flags).map(dashed).join(', ')}`,
      })
  }
  const only = String(values.only ?? suiteNames.join(',')).split(',')
  for (const name of only.filter((name) => !isSuite(name)))
    problems.push({ where: '--only', message: `must be some of ${suiteNames.join(', ')}`, got: JSON.stringify(name) })
  const rounds = String(values.rounds ?? '5')
  if (!/^[1-9]\d?$/.test(rounds))
    problems.push({ where: '--rounds', message: 'must be a whole number from 1 to 99', got: JSON.stringify(rounds) })
  const holdS = String(values['hold-s'] ?? '60')
  if (!/^[1-9]\d{0,2}$/.test(holdS) || Number(holdS) > 600)
    problems.push({ where: '--hold-s', message: 'must be a whole number from 1 to 600', got: JSON.stringify(holdS) })
  if (problems.length > 0) throw new UsageError(problems)
  if (values.help) return undefined
  return { only: suiteNames.filter((name) => only.includes(name)), rounds: Number(rounds), holdS: Number(holdS) }
}

const flags = {
  only: { type: 'string' },
  rounds: { type: 'string' },
  'hold-s': { type: 'string' },
  help: { type: 'boolean' },
} as const

function dashed(name: string): string {
  return `--${name}`
}

function isSuite(name: string): name is SuiteName {
  return suiteNames.some((suite) => suite === name)
}

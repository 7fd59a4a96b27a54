import type { z } from 'zod'
import { type Problem, UsageError } from '../base/errors.ts'
import { count, number, oneOf, text } from '../base/values.ts'
import { parseClientFault } from '../fault/client-fault.ts'
import { faultProblems, parseFault } from '../fault/parse-fault.ts'
import type { Selection } from '../fault/selection.ts'
import { type ContentChoice, contentChoices } from '../model/content.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'
import type { Experiment, Scenario } from '../model/scenario.ts'
import { planLimits } from '../plan/key.ts'

/** What a program may ask for; what is left out is as `ccr-sse-stress run` has it. */
export interface ScenarioOptions {
  readonly streams?: number
  readonly chunks?: number
  readonly delayMs?: number
  readonly rampMs?: number
  readonly timeoutS?: number
  /** Silence, in s, after which a stream is given up: no delta, whatever else comes. */
  readonly idleS?: number
  readonly content?: ContentChoice
  /** What the mock does wrong, as `--fault` spells it, such as `truncate@50%:0.05`. */
  readonly faults?: readonly string[]
  /** What our own clients do wrong, as `--client-fault` spells it, such as `abort@50%:0.1`. */
  readonly clientFaults?: readonly string[]
  readonly model?: string
  readonly maxTokens?: number
  readonly seed?: number
  /** Number of the first stream, 0 where not given: with `streams: 1`, one stream of another run again. */
  readonly firstStream?: number
  /** Streams that go first and are not counted: 8 where not given, never more than `streams`. */
  readonly warmUpStreams?: number
  /** How long what a load leaves behind may take to go, in s: 10 where not given, 0 looks at nothing. */
  readonly drainLimitS?: number
  /** Whether the same load goes straight to the mock too, before and after: yes where not given. */
  readonly baseline?: boolean
  /** One that the gateway speaks, the first of them where not given: `anthropic-messages` but for a gateway of one's own. */
  readonly protocol?: ProtocolName
}

/** What is asked for where nothing is said: the original's own numbers. */
const defaultScenario: Scenario = {
  streams: 100,
  chunks: 20,
  delayMs: 50,
  rampMs: 0,
  timeoutS: 120,
  idleS: 60,
  content: 'mixed',
  model: 'mock,mock-model',
  maxTokens: 4096,
  seed: 1,
  warmUpStreams: 8,
  drainLimitS: 10,
}

/** How many streams go first where nothing is said: none more than the load has. */
export function warmUpStreams(streams: number): number {
  return Math.min(defaultScenario.warmUpStreams, streams)
}

/** What each may be, as text: flags and options have the same bounds. */
const scenarioValues = {
  streams: count(1, 100_000),
  chunks: count(1, planLimits.chunks),
  delayMs: number(0, planLimits.delayMs),
  rampMs: number(0, 3_600_000),
  timeoutS: number(0.001, 86_400),
  idleS: number(0.001, 86_400),
  content: oneOf(contentChoices),
  model: text,
  maxTokens: count(1, 10_000_000),
  seed: count(0, 4_294_967_295),
  firstStream: count(0, 1_000_000),
  warmUpStreams: count(0, 100_000),
  drainLimitS: number(0, 3600),
} as const satisfies Record<Exclude<keyof Scenario, 'faults' | 'clientFaults'>, z.ZodType<string | number, string>>

/** Makes what is to be asked of a gateway that speaks these protocols. Throws a UsageError with every problem there is. */
export function askedOf(options: ScenarioOptions, spoken: readonly ProtocolName[] = protocolNames): Experiment {
  const problems: Problem[] = []
  const values = { ...scenarioValues, protocol: oneOf(spoken) }
  const { faults = [], clientFaults = [], baseline, ...single } = options
  if (baseline !== undefined && typeof baseline !== 'boolean')
    problems.push({ where: 'baseline', message: 'must be true or false', got: JSON.stringify(baseline) })
  problems.push(
    ...faultListProblems(faults, parseFault, 'faults'),
    ...faultListProblems(clientFaults, parseClientFault, 'clientFaults'),
  )
  for (const [name, value] of Object.entries(single)) {
    const schema = values[name as keyof typeof values]
    const got = JSON.stringify(value)
    if (!schema)
      problems.push({
        where: name,
        message: `is not a scenario option; use one of ${[...Object.keys(values), 'faults', 'clientFaults', 'baseline'].join(', ')}`,
        got,
      })
    else if (value !== undefined) {
      const parsed = schema.safeParse(String(value))
      if (!parsed.success)
        problems.push({ where: name, message: parsed.error.issues[0]?.message ?? 'must be another value', got })
    }
  }
  if (problems.length > 0) throw new UsageError(problems)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const {
    protocol = spoken[0] as ProtocolName,
    baseline: wanted = true,
    ...scenario
  } = { ...defaultScenario, ...given } as Scenario & Partial<Experiment>
  return {
    protocol,
    baseline: wanted,
    scenario: { ...scenario, warmUpStreams: Math.min(scenario.warmUpStreams, scenario.streams) },
  }
}

/** What is wrong with a list of faults, one by one and together; `where` is its name. */
function faultListProblems(
  texts: readonly string[],
  parse: (text: string, problems: Problem[]) => { readonly selection: Selection } | undefined,
  where: string,
): readonly Problem[] {
  const problems: Problem[] = []
  const parsed = texts.flatMap((text) => parse(text, problems) ?? [])
  return [...problems.map((problem) => ({ ...problem, where })), ...faultProblems(parsed, where)]
}

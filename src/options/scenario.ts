import type { z } from 'zod'
import { type Problem, UsageError } from '../base/errors.ts'
import { oneOf } from '../base/values.ts'
import { formatClientFault } from '../fault/client-fault.ts'
import { faultProblems, formatFault } from '../fault/parse-fault.ts'
import { formatStreamLimit } from '../judge/thresholds/goodput.ts'
import { canAbort, formatThreshold, type Threshold } from '../judge/thresholds/threshold.ts'
import { isClosedLoop } from '../model/phase.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'
import type { Experiment, Scenario } from '../model/scenario.ts'
import { typicalOf } from '../plan/mix.ts'
import { withoutSecrets } from '../process/secrets.ts'
import { profileProblems } from '../protocol/profiles/profiles.ts'
import type { Values } from './flags.ts'
import { mixProblems } from './mix-text.ts'
import { type Option, readOption, readValue } from './option.ts'
import { loadOf, loadProblems } from './phases.ts'
import { requestHeaders } from './request-headers.ts'
import { options } from './table.ts'
import { thresholdProblems } from './threshold-rules.ts'

type Table = typeof options

type ScenarioKey = { [K in keyof Table]: Table[K] extends { inScenario: true } ? K : never }[keyof Table]

/** The scenario of a library run. Omitted members have the defaults of `ccr-sse-stress run`; faults are spelled as in its flags. */
export type ScenarioOptions = {
  readonly [K in ScenarioKey]?: Table[K] extends { kind: 'list' } ? readonly string[] : z.output<Table[K]['schema']>
}

const scenarioOptions = Object.entries<Option>(options).filter(([, { inScenario }]) => inScenario)

/** Checks the scenario of a library run, for a gateway that supports `protocols`. Headers may be in `env`. Throws a UsageError with all problems. */
export function experimentOf(
  input: ScenarioOptions,
  protocols: readonly ProtocolName[] = protocolNames,
  env: NodeJS.ProcessEnv = {},
): Experiment {
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(input)) {
    if (scenarioOptions.some(([key]) => key === name)) continue
    const message = `is not a scenario option; use one of ${scenarioOptions.map(([key]) => key).join(', ')}`
    problems.push({ where: name, message, got: withoutSecrets(`${JSON.stringify(value)}`) })
  }
  const values: Record<string, unknown> = {}
  for (const [name, option] of scenarioOptions) {
    const schema = name === 'protocol' ? oneOf(protocols) : option.schema
    const value = (input as Readonly<Record<string, unknown>>)[name]
    if (option.kind === 'list')
      values[name] = [value ?? []].flat().flatMap((text) => readValue(schema, text, name, problems) ?? [])
    else if (value === undefined)
      values[name] =
        name === 'protocol'
          ? protocols[0]
          : option.default === undefined
            ? undefined
            : readValue(schema, option.default, name, problems)
    else values[name] = readOption(schema, value, name, problems)
  }
  const checked = values as ScenarioValues & { readonly baseline: boolean; readonly warmUpStreams: number }
  problems.push(...shareProblems(checked, 'faults', 'clientFaults'))
  if (problems.length === 0) problems.push(...loadProblems(checked, 'library'))
  if (problems.length === 0) problems.push(...turnProblems(checked, 'turns'))
  if (problems.length === 0) problems.push(...clientProblems(checked, protocols, 'requestProfile', 'mix'))
  const headers = problems.length === 0 ? requestHeaders(checked, env, problems, libraryNames) : undefined
  const { protocol, baseline, warmUpStreams } = checked
  const scenario = problems.length === 0 ? scenarioOf(checked, warmUpStreams, headers) : undefined
  if (scenario) problems.push(...thresholdProblems(scenario, 'thresholds'))
  if (scenario === undefined || problems.length > 0) throw new UsageError(problems)
  return { protocol, baseline, scenario, ...(headers && { headers }) }
}

/** What the library calls the options with headers. */
const libraryNames = { headers: 'headers', apiKeyEnv: 'apiKeyEnv' } as const

/** The checked values of the scenario options. `stress` has no pace and no drain: those are the server's. */
type ScenarioValues = Pick<Values<'stress'>, ScenarioKey & keyof Values<'stress'>> &
  Partial<Pick<Values<'run'>, (ScenarioKey & keyof Values<'run'>) | 'abortOnFail'>>

/** Number of warm-up streams if none is given. */
export const defaultWarmUpStreams = Number(options.warmUpStreams.default)

/** The scenario of checked values, with at most as many warm-up streams as streams, and without the values of headers. */
export function scenarioOf(
  values: ScenarioValues,
  warmUpStreams: number,
  headers: Experiment['headers'] | undefined,
): Scenario {
  const { faults, clientFaults, firstStream } = values
  const mix = nonEmpty(values.mix)
  const { streams, rampMs, phases } = loadOf({ ...values, ...paceOfValues({ ...values, mix }) })
  return {
    streams,
    chunks: values.chunks,
    delayMs: values.delayMs,
    rampMs,
    phases,
    mix,
    turns: values.turns,
    timeoutS: values.timeoutS,
    idleS: values.idleS,
    content: values.content,
    faults: nonEmpty(faults.map(formatFault)),
    clientFaults: nonEmpty(clientFaults.map(formatClientFault)),
    model: values.model,
    maxTokens: values.maxTokens,
    requestProfile: values.requestProfile,
    headerNames: headers && Object.keys(headers),
    seed: values.seed,
    eventMemoryMb: values.eventMemoryMb,
    firstStream: firstStream > 0 ? firstStream : undefined,
    warmUpStreams: Math.min(warmUpStreams, streams),
    thresholds: nonEmpty(thresholdsOf(values).map(formatThreshold)),
    goodput: nonEmpty(values.goodput.map(formatStreamLimit)),
    drainLimitS: values.drainLimitS,
  }
}

/** The pace that the limits of an open loop are computed from. */
function paceOfValues(values: Parameters<typeof typicalOf>[0]): Pick<Scenario, 'chunks' | 'delayMs'> {
  const { chunks, delayMs } = typicalOf(values)
  return { chunks, delayMs }
}

/** The thresholds; with `--abort-on-fail`, each that can be evaluated while the load runs ends it. */
function thresholdsOf({ thresholds, abortOnFail }: ScenarioValues): readonly Threshold[] {
  if (!abortOnFail) return thresholds
  return thresholds.map((threshold) => (canAbort(threshold) ? { abort: { afterNs: 0 }, ...threshold } : threshold))
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}

/** What is wrong with sessions of several turns; `name` is that of the option. */
export function turnProblems(values: ScenarioValues, name: string): readonly Problem[] {
  if (values.turns === undefined || loadOf(values).phases?.some(isClosedLoop)) return []
  return [
    {
      where: name,
      message: 'needs a closed loop: only there a stream follows another one',
      hint: 'Use --duration or --total with --streams.',
    },
  ]
}

/** What is wrong with the request profiles and protocols of a load together; `names` are those of its options. */
export function clientProblems(
  values: Pick<ScenarioValues, 'requestProfile' | 'protocol' | 'mix'>,
  supported: readonly ProtocolName[],
  ...names: readonly [profile: string, mix: string]
): readonly Problem[] {
  const { requestProfile, protocol, mix } = values
  if (mix.length > 0) return mixProblems(mix, { requestProfile, protocol }, supported, names[1])
  return profileProblems(requestProfile, protocol, names[0])
}

/** What is wrong with the shares of the faults together; `names` are those of the two lists. */
export function shareProblems(
  { faults, clientFaults }: Pick<ScenarioValues, 'faults' | 'clientFaults'>,
  ...names: readonly [faults: string, clientFaults: string]
): readonly Problem[] {
  return [...faultProblems(faults, names[0]), ...faultProblems(clientFaults, names[1])]
}

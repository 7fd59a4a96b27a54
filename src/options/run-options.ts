import { type Problem, UsageError } from '../base/errors.ts'
import type { GatewayChoice } from '../gateways/find.ts'
import { isInstallable } from '../gateways/gateway-table.ts'
import type { DescriptorsPerStream } from '../host/capacity.ts'
import { type WorkerCount, workerCount } from '../host/workers.ts'
import { allowancesOf } from '../judge/compare/allowance.ts'
import type { DifferenceKind } from '../judge/compare/refusals.ts'
import type { Allowances } from '../judge/compare/verdicts.ts'
import type { RoundsPlan } from '../model/rounds.ts'
import type { Experiment, PlannedExperiment } from '../model/scenario.ts'
import { paceOf, typicalOf } from '../plan/mix.ts'
import type { ReportDetail } from '../report/report-detail.ts'
import type { ContainerTopologyOptions } from '../topology/containers/container-topology.ts'
import { limitsFor } from '../topology/containers/gateway-limits.ts'
import type { LocalTopologyOptions } from '../topology/local.ts'
import type { StandingTopologyOptions } from '../topology/standing.ts'
import { formatHopToxic } from '../toxic/parse-toxic.ts'
import { scenarioVariables, sourceVariable } from './compose-variables.ts'
import { readFlags, type Values } from './flags.ts'
import { withGatewayDefaults } from './installed-gateway.ts'
import { checkPassEnv } from './pass-env.ts'
import { requestHeaders } from './request-headers.ts'
import { contradictions, type RunValues } from './run-rules.ts'
import { defaultWarmUpStreams, scenarioOf } from './scenario.ts'
import { loadScenarioFile, placedProblem, type ScenarioFile, wordsOf } from './scenario-file.ts'
import type { KeyTexts } from './scenario-keys.ts'
import { textsBehind } from './scenario-merge.ts'
import type { EffectiveScenario } from './scenario-yaml.ts'
import { options as table } from './table.ts'
import { thresholdProblems } from './threshold-rules.ts'

/** The command line of `run`, checked, in the shape in which the rest of the program uses it. */
export interface RunOptions {
  /** The gateway of these options, of all those of the plan. */
  readonly gateway: GatewayChoice
  readonly rounds: Omit<RoundsPlan, 'gateways'> & { readonly gateways: readonly GatewayChoice[] }
  /** What to run, and where its gateway will be. */
  readonly experiment: PlannedExperiment
  readonly workers: WorkerCount
  readonly topology: RunTopology
  /** Names of environment variables that mock, gateway and proxies get too. */
  readonly passEnv: readonly string[]
  /** File descriptors of this machine that one stream needs. */
  readonly descriptorsPerStream: DescriptorsPerStream
  /** What to compare the run with; absent: nothing. */
  readonly against?: {
    readonly operand: string
    readonly allowances: Allowances
    readonly allowDifferent: readonly DifferenceKind[]
  }
  /** Whether to print the scenario instead of running it. */
  readonly printScenario: boolean
  /** The flags of the scenario file that the command line does not override, as words of a command line; absent: no file. */
  readonly fileWords?: readonly string[]
  /** The values of all flags of scenario files, as `scenarioYaml` prints them. */
  readonly effective: EffectiveScenario
  readonly outputs: {
    readonly out: string
    readonly jsonOut?: string
    readonly junitOut?: string
    readonly report: ReportDetail
  }
}

/** Where to run, with the options of that topology. */
export type RunTopology =
  | { readonly kind: 'local'; readonly options: LocalTopologyOptions }
  | { readonly kind: 'standing'; readonly options: StandingTopologyOptions }
  | { readonly kind: 'containers'; readonly options: Omit<ContainerTopologyOptions, 'project'> }

/** Reads the flags of the command line, which override those of the scenario file that it names. */
export function readFlagsAndFile(argv: Readonly<Record<string, unknown>>) {
  const { scenario: reference } = argv
  const file = typeof reference === 'string' ? loadScenarioFile(reference) : undefined
  const fromFile = file ? textsBehind(file.texts, argv) : {}
  const merged = { ...fromFile, ...argv }
  return { file, fromFile, merged, flags: readMerged(merged, file) }
}

/**
 * Reads the command line of `run`, and the scenario file that it names, for one of its gateways, the first if none is named. Flags override
 * the file. Throws a UsageError with all problems.
 */
export function readRunOptions(
  argv: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  chosen?: GatewayChoice,
  // A file such as a pipe can be read only once.
  read: ReturnType<typeof readFlagsAndFile> = readFlagsAndFile(argv),
): RunOptions {
  const { flags, ...origin } = read
  const values: RunValues = withGatewayDefaults(
    { ...flags, gateway: chosen ?? flags.gateways[0] ?? 'auto' },
    origin.merged,
  )
  return runOptionsOf(values, env, origin)
}

/** Where values come from. */
interface Origin {
  readonly file?: ScenarioFile
  /** The texts of the file that flags do not override. */
  readonly fromFile?: KeyTexts
  /** The texts of flags and file. */
  readonly merged?: Readonly<Record<string, unknown>>
  /** Problems that are known already. */
  readonly known?: readonly Problem[]
}

/** The same of values that were checked one by one. */
export function runOptionsOf(values: RunValues, env: NodeJS.ProcessEnv, origin: Origin): RunOptions {
  const { file, fromFile = {}, merged = {}, known = [] } = origin
  const problems = [...known, ...contradictions(values)]
  const headers = requestHeaders(values, env, problems)
  checkPassEnv(values.passEnv, env, problems)
  const allowances = allowancesOf(values.allow, problems)
  const made = scenarioOf(values, values.noWarmUp ? 0 : defaultWarmUpStreams, headers)
  const scenario = file ? { name: file.name, ...made } : made
  problems.push(...thresholdProblems(scenario, '--threshold', values.abortOnFail))
  if (problems.length > 0)
    throw new UsageError(problems.map((problem) => placedProblem(problem, file, (name) => !(name in fromFile))))
  const toxics = [...values.toxics, ...values.wire].map(formatHopToxic)
  const gatewayUrl = gatewayUrlOf(values)
  return {
    gateway: values.gateway,
    rounds: { gateways: values.gateways, rounds: values.repeat, retryInvalid: values.retryInvalid },
    experiment: {
      scenario,
      protocol: values.protocol,
      baseline: !values.noBaseline,
      gatewayUrl,
      toxics: toxics.length > 0 ? toxics : undefined,
      headers,
    },
    workers: values.workers,
    passEnv: values.passEnv,
    topology: topologyOf(values, { scenario, headers, workers: workerCount(values.workers, typicalOf(scenario)) }, env),
    descriptorsPerStream: values.topology === 'local' || values.toxics.length > 0 ? 2 : 1,
    against: againstOf(values, allowances),
    printScenario: values.printScenario,
    ...(file && { fileWords: wordsOf(fromFile) }),
    effective: { values, texts: merged, scenario, description: file?.description },
    outputs: { out: values.out, jsonOut: values.jsonOut, junitOut: values.junitOut, report: values.report },
  }
}

function againstOf(
  { against, allowDifferent }: Pick<Values<'run'>, 'against' | 'allowDifferent'>,
  allowances: Allowances,
): RunOptions['against'] {
  return against === undefined ? undefined : { operand: against, allowances, allowDifferent }
}

/** The values of flags and file, with the problems of both. */
function readMerged(merged: Readonly<Record<string, unknown>>, file: ScenarioFile | undefined): Values<'run'> {
  const problems = [...(file?.problems ?? [])]
  try {
    const values = readFlags('run', merged)
    if (problems.length === 0) return values
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause
    problems.push(...cause.problems)
  }
  throw new UsageError(problems)
}

/** URLs of a topology that is already running. */
export function standingUrls(values: Pick<Values<'run'>, 'ccrUrl' | 'ccrPort' | 'mockUrl' | 'mockPort'>) {
  return { gatewayUrl: gatewayUrlOf(values), mockUrl: values.mockUrl ?? `http://127.0.0.1:${values.mockPort}` }
}

function gatewayUrlOf({ ccrUrl, ccrPort }: Pick<Values<'run'>, 'ccrUrl' | 'ccrPort'>): string {
  return ccrUrl ?? `http://127.0.0.1:${ccrPort}`
}

function topologyOf(
  values: RunValues,
  { scenario, headers, workers }: Pick<Experiment, 'scenario' | 'headers'> & { readonly workers: number },
  env: NodeJS.ProcessEnv,
): RunTopology {
  const { topology, gateway, ccrBin, ccrSource, ccrPort, mockPort, chunks, delayMs, model } = values
  const toxics = { list: values.toxics, seed: values.seed }
  if (topology === 'local' || isInstallable(gateway)) {
    const options = {
      gateway,
      ccrBin,
      ccrSource,
      mockPort,
      ccrPort,
      chunks,
      delayMs,
      streamMs: paceOf(scenario).longestMs,
      model,
      mockWorkers: workers,
      toxics,
      headers,
    }
    return { kind: 'local', options }
  }
  if (topology === 'standing') {
    const { healthPath, loadUrl, wire, proxyControls } = values
    return {
      kind: 'standing',
      options: { gateway, ...standingUrls(values), healthPath, loadUrl, wire, proxyControls, toxics, headers },
    }
  }
  const contained = gateway === 'auto' ? 'ccr-rust' : gateway
  const source = contained === 'ccr-rust' ? (ccrSource ?? env['CCR_SOURCE']) : undefined
  return {
    kind: 'containers',
    options: {
      driver: topology,
      gateway: contained,
      runner: 'container',
      mockPort,
      gatewayPort: ccrPort,
      // The mock's own pace, for requests without a plan, and the gateway's idle limit follow the scenario.
      variables: {
        ...scenarioVariables(scenario),
        [table.workers.env]: `${workers}`,
        ...sourceVariable(source, '--ccr-source'),
      },
      limits: limitsFor(topology, contained, {
        cpus: values.ccrCpus,
        memoryMb: values.ccrMemoryMb,
        pids: values.ccrPids,
      }),
      toxics,
    },
  }
}

import { type Problem, UsageError } from '../base/errors.ts'
import { isLocalHost } from '../base/values.ts'
import { formatClientFault } from '../fault/client-fault.ts'
import { faultProblems, formatFault } from '../fault/parse-fault.ts'
import { preflight } from '../host/preflight.ts'
import type { Scenario } from '../model/scenario.ts'
import { readFlags } from '../options/flag-table.ts'
import { type RunValues, runFlags } from '../options/flags.ts'
import { warmUpStreams } from '../options/scenario.ts'
import { hopProblems } from '../topology/hop.ts'
import { formatHopToxic } from '../toxic/parse-toxic.ts'
import { asSpoken, gatewayProblems } from './installed-gateway.ts'
import { measureIn } from './measure-in.ts'
import { runAndReport } from './run-and-report.ts'

/** `run`: the whole test, from starting a mock and a gateway to the report. */
export async function runCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const values = asSpoken(readFlags(runFlags, argv), argv)
  const problems = contradictions(values)
  if (problems.length > 0) throw new UsageError(problems)
  preflight({
    streams: values.streams,
    descriptorsPerStream: values.topology === 'local' || values.toxic.length > 0 ? 2 : 1,
  })
  const scenario = scenarioOf(values)
  const gatewayUrl = values['ccr-url'] ?? `http://127.0.0.1:${values['ccr-port']}`
  const toxics = [...values.toxic, ...values.wire].map(formatHopToxic)
  const baseline = !values['no-baseline']
  const planned = { gatewayUrl, scenario, baseline, protocol: values.protocol, ...(toxics.length > 0 && { toxics }) }
  return runAndReport({ out: values.out, jsonOut: values['json-out'] }, scenario, (context, killSignal) =>
    measureIn(values, planned, { ...context, workers: values.workers }, killSignal),
  )
}

function scenarioOf(values: RunValues): Scenario {
  return {
    streams: values.streams,
    chunks: values.chunks,
    delayMs: values['delay-ms'],
    rampMs: values['ramp-ms'],
    timeoutS: values.timeout,
    idleS: values['idle-timeout'],
    content: values.content,
    ...(values.fault.length > 0 && { faults: values.fault.map(formatFault) }),
    ...(values['client-fault'].length > 0 && { clientFaults: values['client-fault'].map(formatClientFault) }),
    model: values.model,
    maxTokens: values['max-tokens'],
    seed: values.seed,
    ...(values['first-stream'] > 0 && { firstStream: values['first-stream'] }),
    warmUpStreams: values['no-warm-up'] ? 0 : warmUpStreams(values.streams),
    drainLimitS: values['drain-limit'],
  }
}

/** A combination of flags that cannot work. Each flag alone was checked before. */
interface Rule {
  readonly where: string
  readonly when: (values: RunValues) => boolean
  readonly message: (values: RunValues) => string
  readonly hint?: string
}

const isContained = ({ topology }: RunValues) => topology === 'compose' || topology === 'testcontainers'
const isStanding = ({ topology }: RunValues) => topology === 'standing'
const hasFault = (values: RunValues) => values.fault.length > 0 || values['client-fault'].length > 0
const streamS = (values: RunValues) => ((values.chunks - 1) * values['delay-ms']) / 1000

const rules: readonly Rule[] = [
  {
    where: '--ccr-port',
    when: (values) => values['mock-port'] === values['ccr-port'] && values.gateway !== 'direct',
    message: (values) => `must differ from --mock-port (both are ${values['ccr-port']})`,
  },
  {
    where: '--baseline',
    when: (values) => values.baseline && values['no-baseline'],
    message: () => 'cannot be combined with --no-baseline',
  },
  {
    where: '--baseline',
    when: (values) => values.baseline && values.gateway === 'direct',
    message: () => 'needs a gateway: there is nothing to compare (gateway is direct)',
  },
  {
    where: '--baseline',
    when: (values) => values.baseline && hasFault(values),
    message: () => 'cannot be combined with --fault or --client-fault: timing is not compared in runs with faults',
  },
  {
    where: '--timeout',
    when: (values) => values.timeout <= streamS(values),
    message: (values) =>
      `must be longer than a stream of --chunks and --delay-ms, ${streamS(values)} s (timeout is ${values.timeout} s)`,
  },
  {
    where: '--idle-timeout',
    when: (values) => values['idle-timeout'] * 1000 <= values['delay-ms'],
    message: (values) =>
      `must be longer than --delay-ms, ${values['delay-ms'] / 1000} s (idle timeout is ${values['idle-timeout']} s)`,
    hint: 'Each stream would be aborted before its next delta is due.',
  },
  ...(['ccr-cpus', 'ccr-memory-mb', 'ccr-pids'] as const).map((name) => ({
    where: `--${name}`,
    when: (values: RunValues) => values[name] !== undefined && !isContained(values),
    message: ({ topology }: RunValues) =>
      `needs --topology compose or testcontainers: only containers have limits (topology is ${topology})`,
  })),
  {
    where: '--toxic',
    when: (values) => isStanding(values) && values.toxic.some(({ hop }) => hop === 'gateway-mock'),
    message: () => 'must be on the hop runner-gateway: a running gateway has its own connection to the mock',
    hint: 'Put a `ccr-sse-stress proxy` between them yourself, and report its toxics with --wire.',
  },
  {
    where: '--wire',
    when: (values) => values.wire.length > 0 && !isStanding(values),
    message: ({ topology }) => `needs --topology standing (topology is ${topology})`,
    hint: 'Use --toxic.',
  },
  {
    where: '--ccr-bin',
    when: (values) => values['ccr-bin'] !== undefined && values.topology !== 'local',
    message: ({ topology }) => `needs --topology local: containers build ccr-rust themselves (topology is ${topology})`,
    hint: 'Use --ccr-source.',
  },
  {
    where: '--health-path',
    when: (values) => values['health-path'] !== runFlags['health-path'].default && !isStanding(values),
    message: ({ topology }) =>
      `needs --topology standing: the health path of other topologies is known (topology is ${topology})`,
  },
  ...(['ccr-url', 'mock-url', 'load-url'] as const).flatMap((name): Rule[] => [
    {
      where: `--${name}`,
      when: (values) => values[name] !== undefined && !isStanding(values),
      message: ({ topology }) =>
        `needs --topology standing: other topologies start mock and gateway themselves (topology is ${topology})`,
    },
    {
      where: `--${name}`,
      when: (values) => isStanding(values) && values[name] !== undefined && !isLocalHost(values[name]),
      message: (values) =>
        `must be on this machine, or a name without dots on the topology's network (host is ${new URL(values[name] ?? '').host})`,
      hint: 'Do not load-test servers you do not own.',
    },
  ]),
]

/** Every combination of flags that cannot work. */
function contradictions(values: RunValues): readonly Problem[] {
  return [
    ...hopProblems(values.toxic, values.gateway),
    ...gatewayProblems(values),
    ...faultProblems(values.fault),
    ...faultProblems(values['client-fault'], '--client-fault'),
    ...rules
      .filter(({ when }) => when(values))
      .map(({ where, message, hint }) => ({ where, message: message(values), hint })),
  ]
}

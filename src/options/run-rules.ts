import type { Problem } from '../base/errors.ts'
import { isLocalHost } from '../base/values.ts'
import type { GatewayChoice } from '../gateways/find.ts'
import { hasClientFaults, paceOf } from '../plan/mix.ts'
import { hopProblems } from '../topology/hop.ts'
import type { Values } from './flags.ts'
import { gatewayProblems, supportedProtocols } from './installed-gateway.ts'
import { passEnvProblems } from './pass-env.ts'
import { loadProblems } from './phases.ts'
import { clientProblems, shareProblems, turnProblems } from './scenario.ts'
import { options } from './table.ts'

/** The flags of `run` for one of its gateways. */
export type RunValues = Values<'run'> & { readonly gateway: GatewayChoice }

/** A combination of flags that cannot work. Each flag alone was checked before. */
interface Rule {
  readonly where: string
  readonly when: (values: RunValues) => boolean
  readonly message: (values: RunValues) => string
  readonly hint?: string
}

const isContained = ({ topology }: Values<'run'>) => topology === 'compose' || topology === 'testcontainers'
const isStanding = ({ topology }: Values<'run'>) => topology === 'standing'
const hasFault = (values: Values<'run'>) => values.faults.length > 0 || hasClientFaults(values)
const pace = ({ mix, ...values }: Values<'run'>) => paceOf({ ...values, mix: mix.length > 0 ? mix : undefined })
const streamS = (values: Values<'run'>) => (pace(values).longestMs ?? 0) / 1000
const longestDelayMs = (values: Values<'run'>) => pace(values).longestDelayMs ?? 0
const isInTurn = (values: Values<'run'>) => values.gateways.length > 1

const rules: readonly Rule[] = [
  {
    where: '--ccr-port',
    when: (values) => values.mockPort === values.ccrPort && values.gateway !== 'direct',
    message: (values) => `must differ from --mock-port (both are ${values.ccrPort})`,
  },
  {
    where: '--baseline',
    when: (values) => values.requireBaseline && values.noBaseline,
    message: () => 'cannot be combined with --no-baseline',
  },
  {
    where: '--baseline',
    when: (values) => values.requireBaseline && values.gateway === 'direct',
    message: () => 'needs a gateway: there is nothing to compare (gateway is direct)',
  },
  {
    where: '--baseline',
    when: (values) => values.requireBaseline && hasFault(values),
    message: () => 'cannot be combined with --fault or --client-fault: timing is not compared in runs with faults',
  },
  {
    where: '--timeout',
    when: (values) => values.timeoutS <= streamS(values),
    message: (values) =>
      `must be longer than ${values.mix.length > 0 ? 'the longest stream of --mix' : 'a stream of --chunks and --delay-ms'}, ${streamS(values)} s (timeout is ${values.timeoutS} s)`,
  },
  {
    where: '--idle-timeout',
    when: (values) => values.idleS * 1000 <= longestDelayMs(values),
    message: (values) =>
      `must be longer than ${values.mix.length > 0 ? 'the longest delay of --mix' : '--delay-ms'}, ${longestDelayMs(values) / 1000} s (idle timeout is ${values.idleS} s)`,
    hint: 'Each stream would be aborted before its next delta is due.',
  },
  {
    where: '--api-key-env',
    when: (values) =>
      values.apiKeyEnv !== undefined &&
      values.mix.some(({ protocol = values.protocol }) => protocol !== values.protocol),
    message: () => 'cannot be combined with a --mix of several protocols: each has another header for the key',
    hint: 'Use --header with @VARIABLE.',
  },
  ...(['ccrCpus', 'ccrMemoryMb', 'ccrPids'] as const).map((key) => ({
    where: `--${options[key].name}`,
    when: (values: Values<'run'>) => values[key] !== undefined && !isContained(values),
    message: ({ topology }: Values<'run'>) =>
      `needs --topology compose or testcontainers: only containers have limits (topology is ${topology})`,
  })),
  {
    where: '--toxic',
    when: (values) => isStanding(values) && values.toxics.some(({ hop }) => hop === 'gateway-mock'),
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
    where: '--proxy-control',
    when: (values) => values.proxyControls.length > 0 && !isStanding(values),
    message: ({ topology }) =>
      `needs --topology standing: other topologies start their proxies (topology is ${topology})`,
  },
  ...(['headers', 'apiKeyEnv'] as const).map((key) => ({
    where: `--${options[key].name}`,
    when: (values: Values<'run'>) => isContained(values) && (values[key]?.length ?? 0) > 0,
    message: ({ topology }: Values<'run'>) =>
      `needs --topology local or standing: the runner in a container gets no secrets (topology is ${topology})`,
  })),
  ...(['allow', 'allowDifferent'] as const).map((key) => ({
    where: `--${options[key].name}`,
    when: (values: Values<'run'>) => values[key].length > 0 && values.against === undefined,
    message: () => 'needs --against: there is no run to compare with',
  })),
  {
    where: '--gateway',
    when: (values) => isInTurn(values) && isStanding(values),
    message: () => 'must name one gateway with --topology standing: the gateway that is already running',
    hint: 'To repeat the run, use --repeat.',
  },
  {
    where: '--gateway',
    when: ({ gateways }) => new Set(gateways).size < gateways.length,
    message: () => 'names a gateway twice',
    hint: 'To repeat the run, use --repeat.',
  },
  {
    where: '--gateway',
    when: (values) =>
      isInTurn(values) &&
      values.gateways.includes('auto') &&
      values.gateways.some((gateway) => gateway === 'ccr-rust' || gateway === 'reference'),
    message: () => 'must not combine auto with ccr-rust or reference: auto is one of them',
  },
  {
    where: '--against',
    when: (values) => isInTurn(values) && values.against !== undefined,
    message: () => 'needs one gateway',
    hint: 'Compare the stored runs of each with `ccr-sse-stress compare`.',
  },
  {
    where: '--ccr-bin',
    when: (values) => values.ccrBin !== undefined && values.topology !== 'local',
    message: ({ topology }) => `needs --topology local: containers build ccr-rust themselves (topology is ${topology})`,
    hint: 'Use --ccr-source.',
  },
]

/** The flags that only a running gateway and mock have. */
type StandingFlags = Pick<Values<'run'>, 'healthPath' | 'ccrUrl' | 'mockUrl'> & Partial<Pick<Values<'run'>, 'loadUrl'>>

/** What is wrong with the addresses of a running gateway and mock in a topology. */
export function standingProblems(values: StandingFlags, topology: string): readonly Problem[] {
  const isStanding = topology === 'standing'
  const problems: Problem[] = []
  if (!isStanding && values.healthPath !== options.healthPath.default) {
    const message = `needs --topology standing: the health path of other topologies is known (topology is ${topology})`
    problems.push({ where: '--health-path', message })
  }
  for (const key of ['ccrUrl', 'mockUrl', 'loadUrl'] as const) {
    const where = `--${options[key].name}`
    const url = values[key]
    if (url === undefined) continue
    if (!isStanding) {
      const message = `needs --topology standing: other topologies start mock and gateway themselves (topology is ${topology})`
      problems.push({ where, message })
    } else if (!isLocalHost(url)) {
      const message = `must be on this machine, or a name without dots on the topology's network (host is ${new URL(url).host})`
      problems.push({ where, message, hint: 'Do not load-test servers you do not own.' })
    }
  }
  return problems
}

/** Every combination of the flags of `run` that cannot work. */
export function contradictions(values: RunValues): readonly Problem[] {
  return [
    ...hopProblems(values.toxics, values.gateway),
    ...gatewayProblems(values, values.topology),
    ...passEnvProblems(values, values.topology),
    ...standingProblems(values, values.topology),
    ...shareProblems(values, '--fault', '--client-fault'),
    ...loadProblems(values, 'flags'),
    ...turnProblems(values, '--turns'),
    ...clientProblems(values, supportedProtocols(values.gateway), '--request-profile', '--mix'),
    ...rules
      .filter(({ when }) => when(values))
      .map(({ where, message, hint }) => ({ where, message: message(values), hint })),
  ]
}

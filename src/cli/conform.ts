import { type Problem, UsageError } from '../base/errors.ts'
import { statusOfSignal } from '../base/exit-status.ts'
import { nearest } from '../base/nearest.ts'
import { tryAll } from '../base/try-all.ts'
import { cleanName, clientCaseNames } from '../conform/cases.ts'
import { conform } from '../conform/conform.ts'
import { faultNames } from '../fault/fault-table.ts'
import { isInstallable } from '../gateways/gateway-table.ts'
import { type Conformance, conformStatus, conformVerdict } from '../judge/conformance.ts'
import { readFlags, type Values } from '../options/flags.ts'
import { gatewayProblems, withGatewayDefaults } from '../options/installed-gateway.ts'
import { checkPassEnv, passEnvProblems } from '../options/pass-env.ts'
import { requestHeaders } from '../options/request-headers.ts'
import { standingUrls } from '../options/run-options.ts'
import { standingProblems } from '../options/run-rules.ts'
import type { Host } from '../process/host.ts'
import { dataWithoutSecrets } from '../process/secrets.ts'
import { profileProblems } from '../protocol/profiles/profiles.ts'
import { conformJson, conformJunit, conformText } from '../report/conform.ts'
import { checkDifferent, jsonText, type Output, openOutput, stdoutPlace, withoutOldOutputs } from '../results/output.ts'
import { newRunId } from '../results/run-id.ts'
import { noToxics } from '../topology/hop.ts'
import { startLocalTopology } from '../topology/local.ts'
import { findStandingTopology } from '../topology/standing.ts'
import type { Topology } from '../topology/topology.ts'
import { createHost, sayIfKilled } from './host.ts'

/** Headers of every request to the gateway. */
type Headers = Readonly<Record<string, string>> | undefined

/** The pace of the mock for requests without a plan; every case of the matrix has its own. */
const pace = { chunks: 12, delayMs: 20 } as const

/** `conform`: the detection matrix through one gateway. */
export async function conformCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const values = withGatewayDefaults(readFlags('conform', argv), argv)
  const { conformTopology, jsonOut, junitOut } = values
  const problems = [
    ...gatewayProblems(values, conformTopology),
    ...passEnvProblems(values, conformTopology),
    ...standingProblems(values, conformTopology),
    ...unknownFaults(values.only),
    ...idleLimitProblems(values),
    ...profileProblems(values.requestProfile, values.protocol, '--request-profile'),
  ]
  const headers = requestHeaders(values, process.env, problems)
  checkPassEnv(values.passEnv, process.env, problems)
  if (problems.length > 0) throw new UsageError(problems)
  using json = jsonOut === undefined ? undefined : await openOutput(jsonOut)
  using junit = junitOut === undefined ? undefined : await openOutput(junitOut)
  checkDifferent([
    ['--json-out', json],
    ['--junit-out', junit],
  ])
  return await withoutOldOutputs([json, junit], () => conformAndReport(values, headers, { json, junit }))
}

interface Outputs {
  readonly json: Output | undefined
  readonly junit: Output | undefined
}

async function conformAndReport(
  values: Values<'conform'>,
  headers: Headers,
  { json, junit }: Outputs,
): Promise<number> {
  using host = createHost((text) => void process.stderr.write(`${text}\n`))
  const measured = await conformIn(values, headers, host).catch((cause: unknown) => {
    host.throwUncaught()
    if (!host.signal.aborted || cause !== host.signal.reason) throw cause
    return undefined
  })
  host.throwUncaught()
  // Interrupted while the topology started: there is no result.
  if (measured === undefined) return statusOfSignal(host.signal.reason)
  // Decided once, so that outputs and exit status agree even if a signal arrives while the files are written.
  const conformance = { ...measured, isPartial: measured.isPartial || host.signal.aborted }
  sayIfKilled(host, 'the result')
  const isStdoutTaken = [json, junit].some((output) => output?.place === stdoutPlace)
  const printer = isStdoutTaken ? process.stderr : process.stdout
  printer.write(conformText(conformance))
  const id = newRunId()
  await tryAll([
    async () => await json?.write(jsonText(conformJson(conformance)), id),
    async () => await junit?.write(conformJunit(conformance), id),
  ])
  if (conformance.isPartial) return statusOfSignal(host.signal.reason)
  return conformStatus[conformVerdict(conformance)]
}

async function conformIn(values: Values<'conform'>, headers: Headers, host: Host): Promise<Conformance> {
  await using topology = await start(values, headers, { ...host, passEnv: values.passEnv })
  const { protocol, requestProfile, model, seed, idleLimitS, loadStreams, only } = values
  const conformance = await conform({
    topology,
    target: { baseUrl: topology.gatewayUrl, address: topology.gatewayAddress, protocol },
    requestProfile,
    headers,
    model,
    seed,
    idleLimitS,
    loadStreams,
    only,
    signal: host.signal,
    onProgress: host.onProgress,
  })
  return dataWithoutSecrets(conformance)
}

function start(values: Values<'conform'>, headers: Headers, host: Host): Promise<Topology> {
  const { conformTopology, gateway, healthPath, ccrBin, ccrPort, mockPort, model, idleLimitS } = values
  if (conformTopology === 'local' || isInstallable(gateway)) {
    const idleLimitMs = idleLimitS * 1000
    const options = { gateway, ccrBin, ccrPort, mockPort, ...pace, model, idleLimitMs, toxics: noToxics, headers }
    return startLocalTopology(options, host)
  }
  return findStandingTopology({ gateway, ...standingUrls(values), healthPath, headers }, host)
}

/** Harmless faults with a long pause, and the shortest idle limit under which their streams survive. */
const longPauses = { names: ['slow-first', 'drip'], leastS: 25 } as const

function idleLimitProblems({ only, idleLimitS }: Values<'conform'>): readonly Problem[] {
  const names = longPauses.names.filter((name) => only.length === 0 || only.includes(name))
  if (names.length === 0 || idleLimitS >= longPauses.leastS) return []
  return [
    {
      where: '--idle-limit',
      message: `must be at least ${longPauses.leastS} s: the healthy streams of ${names.join(' and ')} pause for 20 s`,
      got: `${idleLimitS}`,
      hint: 'Raise it, or select other faults with --only.',
    },
  ]
}

/** The values of `--only`. */
const selectable: readonly string[] = [...faultNames, ...clientCaseNames, cleanName]

function unknownFaults(only: readonly string[]): readonly Problem[] {
  return only
    .filter((name) => !selectable.includes(name))
    .map((name) => {
      const near = nearest(name, selectable)
      return {
        where: '--only',
        message: `must be the name of a fault, or ${cleanName}`,
        got: JSON.stringify(name),
        hint: `${near ? `Did you mean ${near}? ` : ''}Run \`ccr-sse-stress faults\` for the list.`,
      }
    })
}

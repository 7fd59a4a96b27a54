import { randomBytes } from 'node:crypto'
import { UsageError } from '../base/errors.ts'
import { exitStatus, statusOfSignal } from '../base/exit-status.ts'
import { nearest } from '../base/nearest.ts'
import { version } from '../base/version.ts'
import { cleanName, clientCaseNames } from '../conform/cases.ts'
import { conform } from '../conform/conform.ts'
import { faultNames } from '../fault/fault-table.ts'
import { isInstallable } from '../gateways/gateway-table.ts'
import { type Conformance, isPassed } from '../judge/conformance.ts'
import { readFlags, type Values } from '../options/flag-table.ts'
import { conformFlags } from '../options/flags.ts'
import type { Host } from '../process/host.ts'
import { conformJson, conformJunit, conformText } from '../report/conform.ts'
import { checkWritableFile, writeJsonOut, writeTextOut } from '../results/json-out.ts'
import { newRunId } from '../results/run-id.ts'
import { noToxics } from '../topology/hop.ts'
import { startLocalTopology } from '../topology/local.ts'
import { findStandingTopology } from '../topology/standing.ts'
import type { Topology } from '../topology/topology.ts'
import { asSpoken, gatewayProblems } from './installed-gateway.ts'
import { listenToInterrupts } from './interrupt.ts'
import { createLog } from './log.ts'

/** What the mock plays if a prompt has no plan; the prompt of each case has one. */
const plan = { chunks: 12, delayMs: 20 } as const

/** `conform`: runs the detection matrix through one gateway. */
export async function conformCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const values = asSpoken(readFlags(conformFlags, argv), argv)
  const problems = [...gatewayProblems(values), ...unknownFaults(values.only), ...idleLimitProblems(values)]
  if (problems.length > 0) throw new UsageError(problems)
  for (const path of [values['json-out'], values['junit-out']]) if (path !== undefined) await checkWritableFile(path)
  const kill = new AbortController()
  const interrupts = listenToInterrupts((signal) => {
    kill.abort()
    process.exit(statusOfSignal(signal))
  })
  const { signal } = interrupts
  try {
    const conformance = await conformIn(values, signal, kill.signal)
    process.stdout.write(conformText(conformance))
    const id = newRunId(new Date(), randomBytes(3).toString('hex'))
    const { 'json-out': jsonOut, 'junit-out': junitOut } = values
    if (jsonOut !== undefined) await writeJsonOut(jsonOut, conformJson(conformance), id)
    if (junitOut !== undefined) await writeTextOut(junitOut, conformJunit(conformance), id)
    if (signal.aborted) return statusOfSignal(signal.reason)
    return isPassed(conformance) ? exitStatus.passed : exitStatus.failed
  } finally {
    interrupts.stop()
  }
}

type ConformValues = Values<typeof conformFlags>

async function conformIn(values: ConformValues, signal: AbortSignal, killSignal: AbortSignal): Promise<Conformance> {
  const host: Host = {
    env: process.env,
    log: createLog('warn'),
    cli: { execPath: process.execPath, script: process.argv[1] ?? '' },
    onProgress: (text) => void process.stderr.write(`${text}\n`),
    signal,
    killSignal,
  }
  await using topology = await start(values, host)
  const { protocol, model, seed } = values
  return await conform({
    topology,
    target: { baseUrl: topology.gatewayUrl, protocol },
    model,
    seed,
    idleLimitS: values['idle-limit'],
    loadStreams: values.load,
    only: values.only,
    userAgent: `ccr-sse-stress/${version}`,
    signal,
    onPhase: host.onProgress,
  })
}

function start(values: ConformValues, host: Host): Promise<Topology> {
  const { gateway, model } = values
  if (values.topology === 'standing') {
    const gatewayUrl = values['ccr-url'] ?? `http://127.0.0.1:${values['ccr-port']}`
    const mockUrl = values['mock-url'] ?? `http://127.0.0.1:${values['mock-port']}`
    const standing = isInstallable(gateway) ? 'auto' : gateway
    return findStandingTopology({ gateway: standing, gatewayUrl, mockUrl, healthPath: values['health-path'] }, host)
  }
  const options = {
    gateway,
    ccrBin: values['ccr-bin'],
    mockPort: values['mock-port'],
    ccrPort: values['ccr-port'],
    ...plan,
    model,
    idleLimitMs: values['idle-limit'] * 1000,
    toxics: noToxics,
  }
  return startLocalTopology(options, host)
}

/** Healthy streams with long pauses, and the smallest idle limit with which a gateway does not abort them, in s. */
const slowFaults = { names: ['slow-first', 'drip'], leastS: 25 } as const

function idleLimitProblems({ only, 'idle-limit': limitS }: ConformValues) {
  const selected = slowFaults.names.filter((name) => only.length === 0 || only.includes(name))
  if (selected.length === 0 || limitS >= slowFaults.leastS) return []
  const message = `must be at least ${slowFaults.leastS} s: ${selected.join(' and ')} are healthy streams that pause for 20 s`
  return [{ where: '--idle-limit', message, got: `${limitS}`, hint: 'Raise it, or select other faults with --only.' }]
}

/** The names that `--only` accepts. */
const selectable: readonly string[] = [...faultNames, ...clientCaseNames, cleanName]

function unknownFaults(only: readonly string[]) {
  return only
    .filter((name) => !selectable.includes(name))
    .map((name) => {
      const near = nearest(name, selectable)
      return {
        where: '--only',
        message: `must be a fault or ${cleanName}${near ? ` (did you mean ${near}?)` : ''}`,
        got: name,
        hint: 'Run `ccr-sse-stress faults` for the list.',
      }
    })
}

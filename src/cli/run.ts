import { type Problem, UsageError } from '../base/errors.ts'
import { isOwnHost } from '../base/values.ts'
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

/** What is right in each flag and wrong in two of them together. */
function contradictions(values: RunValues): Problem[] {
  const problems = [
    ...hopProblems(values.toxic, values.gateway),
    ...gatewayProblems(values),
    ...faultProblems(values.fault),
    ...faultProblems(values['client-fault'], '--client-fault'),
  ]
  if (values['mock-port'] === values['ccr-port'] && values.gateway !== 'direct')
    problems.push({ where: '--ccr-port', expected: 'another port than --mock-port', got: `${values['ccr-port']}` })
  const timeless = values.fault.length > 0 || values['client-fault'].length > 0 || values.gateway === 'direct'
  if (values.baseline && (values['no-baseline'] || timeless))
    problems.push({
      where: '--baseline',
      expected: 'a gateway and no fault (with faults, time is not what is asked), and not --no-baseline',
      got: values['no-baseline'] ? '--no-baseline' : values.gateway === 'direct' ? '--gateway direct' : 'a fault',
    })
  const streamS = ((values.chunks - 1) * values['delay-ms']) / 1000
  if (values.timeout <= streamS)
    problems.push({
      where: '--timeout',
      expected: `more than the ${streamS} s that --chunks and --delay-ms make a stream last`,
      got: `${values.timeout}`,
    })
  if (values['idle-timeout'] * 1000 <= values['delay-ms'])
    problems.push({
      where: '--idle-timeout',
      expected: `more than the ${values['delay-ms'] / 1000} s of --delay-ms, as each delta would be given up before it is due`,
      got: `${values['idle-timeout']}`,
    })
  for (const name of ['ccr-cpus', 'ccr-memory-mb', 'ccr-pids'] as const) {
    if (values[name] === undefined || values.topology === 'compose' || values.topology === 'testcontainers') continue
    const expected = '--topology compose or testcontainers, as only a container is held to anything'
    problems.push({ where: `--${name}`, expected, got: `--topology ${values.topology}` })
  }
  for (const one of values.toxic) {
    if (values.topology !== 'standing' || one.hop !== 'gateway-mock') continue
    const expected = 'runner-gateway, as a standing gateway has its own way to the mock (put a `proxy` there)'
    problems.push({ where: '--toxic', expected, got: formatHopToxic(one) })
  }
  for (const one of values.topology === 'standing' ? [] : values.wire) {
    const expected = '--topology standing, as another puts its own toxics on the wire: --toxic'
    problems.push({ where: '--wire', expected, got: formatHopToxic(one) })
  }
  if (values.topology !== 'local' && values['ccr-bin'] !== undefined)
    problems.push({
      where: '--ccr-bin',
      expected: '--topology local (compose builds its own: --ccr-source)',
      got: `--topology ${values.topology}`,
    })
  if (values.topology !== 'standing' && values['health-path'] !== runFlags['health-path'].default)
    problems.push({
      where: '--health-path',
      expected: '--topology standing, as that of another is known',
      got: `--topology ${values.topology}`,
    })
  for (const name of ['ccr-url', 'mock-url', 'load-url'] as const) {
    const url = values[name]
    if (url === undefined) continue
    if (values.topology !== 'standing')
      problems.push({
        where: `--${name}`,
        expected: '--topology standing, as another starts its own',
        got: values.topology,
      })
    else if (!isOwnHost(url))
      problems.push({
        where: `--${name}`,
        expected:
          'this machine, or a name without dots on a network of the topology (a load test is an attack on a server that is not yours)',
        got: new URL(url).host,
      })
  }
  return problems
}

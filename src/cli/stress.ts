import { UsageError } from '../base/errors.ts'
import { isLoopback } from '../base/values.ts'
import { stressTarget } from '../experiment/experiment.ts'
import { formatClientFault } from '../fault/client-fault.ts'
import { faultProblems, formatFault } from '../fault/parse-fault.ts'
import { preflight } from '../host/preflight.ts'
import { readFlags } from '../options/flag-table.ts'
import { stressFlags } from '../options/flags.ts'
import { runAndReport } from './run-and-report.ts'

/** `stress`: the client alone, against any URL. */
export async function stressCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const values = readFlags(stressFlags, argv)
  const url = values['ccr-url']
  if (!isLoopback(url) && !values['allow-remote']) {
    const message = 'must be a target on this machine, or add --allow-remote'
    const hint = 'Do not load-test servers you do not own.'
    throw new UsageError([{ where: '--ccr-url', message, got: new URL(url).host, hint }])
  }
  const problems = [...faultProblems(values.fault), ...faultProblems(values['client-fault'], '--client-fault')]
  if (problems.length > 0) throw new UsageError(problems)
  preflight({ streams: values.streams, descriptorsPerStream: 1 })
  const scenario = {
    streams: values.streams,
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
    warmUpStreams: 0,
  }
  const target = { baseUrl: url, protocol: values.protocol }
  return runAndReport({ out: values.out, jsonOut: values['json-out'] }, scenario, (context) =>
    stressTarget(target, scenario, { ...context, workers: values.workers }),
  )
}

import { type Problem, UsageError } from '../errors.ts'
import { stressTopology, warmUpStreams } from '../experiment.ts'
import { preflight } from '../machine/preflight.ts'
import type { Scenario } from '../run.ts'
import { startLocalTopology } from '../topology/local.ts'
import { readFlags, runFlags, type Values } from './flags.ts'
import { createLog } from './log.ts'
import { runAndReport } from './run-and-report.ts'

type RunValues = Values<typeof runFlags>

/** `run`: the whole test, from starting a mock and a gateway to the report. */
export async function runCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const values = readFlags(runFlags, argv)
  const problems = contradictions(values)
  if (problems.length > 0) throw new UsageError(problems)
  preflight({ streams: values.streams, descriptorsPerStream: 2 })
  const scenario = scenarioOf(values)
  const target = { baseUrl: `http://127.0.0.1:${values['ccr-port']}`, protocol: 'anthropic-messages' } as const
  return runAndReport({ out: values.out, jsonOut: values['json-out'] }, scenario, (context, killSignal) => {
    const start = () =>
      startLocalTopology({
        gateway: values.gateway,
        ...given('ccrBin', values['ccr-bin'] ?? process.env['CCR_BIN']),
        ...given('ccrSource', values['ccr-source'] ?? process.env['CCR_SOURCE']),
        mockPort: values['mock-port'],
        ccrPort: values['ccr-port'],
        chunks: values.chunks,
        delayMs: values['delay-ms'],
        model: values.model,
        env: process.env,
        cli: { execPath: process.execPath, script: process.argv[1] ?? '' },
        log: createLog('warn'),
        onProgress: context.onPhase,
        signal: context.signal,
        killSignal,
      })
    return stressTopology(start, { target, scenario }, context)
  })
}

function scenarioOf(values: RunValues): Scenario {
  return {
    streams: values.streams,
    chunks: values.chunks,
    delayMs: values['delay-ms'],
    rampMs: values['ramp-ms'],
    timeoutS: values.timeout,
    model: values.model,
    maxTokens: values['max-tokens'],
    seed: values.seed,
    warmUpStreams: values['no-warm-up'] ? 0 : warmUpStreams(values.streams),
  }
}

/** What is right in each flag and wrong in two of them together. */
function contradictions(values: RunValues): Problem[] {
  const problems: Problem[] = []
  if (values['mock-port'] === values['ccr-port'])
    problems.push({ where: '--ccr-port', expected: 'another port than --mock-port', got: `${values['ccr-port']}` })
  const streamS = ((values.chunks - 1) * values['delay-ms']) / 1000
  if (values.timeout <= streamS)
    problems.push({
      where: '--timeout',
      expected: `more than the ${streamS} s that --chunks and --delay-ms make a stream last`,
      got: `${values.timeout}`,
    })
  return problems
}

function given<K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [name]: value } as { readonly [P in K]?: string })
}

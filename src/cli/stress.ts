import { type Problem, UsageError } from '../base/errors.ts'
import { isLoopback } from '../base/values.ts'
import { stressTarget } from '../experiment/experiment.ts'
import { preflight } from '../host/preflight.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { readFlags, type Values } from '../options/flags.ts'
import { loadProblems } from '../options/phases.ts'
import { requestHeaders } from '../options/request-headers.ts'
import { clientProblems, scenarioOf, shareProblems, turnProblems } from '../options/scenario.ts'
import { thresholdProblems } from '../options/threshold-rules.ts'
import { runAndReport } from './run-and-report.ts'

/** `stress`: the client alone, against any URL. */
export async function stressCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const values = readFlags('stress', argv)
  const { out, jsonOut, junitOut, report, workers, targetUrl: baseUrl, protocol } = values
  const problems = [
    ...remoteProblems(values),
    ...shareProblems(values, '--fault', '--client-fault'),
    ...loadProblems(values, 'flags'),
    ...turnProblems(values, '--turns'),
    ...clientProblems(values, protocolNames, '--request-profile', '--mix'),
  ]
  const headers = requestHeaders(values, process.env, problems)
  const scenario = scenarioOf(values, 0, headers)
  problems.push(...thresholdProblems(scenario, '--threshold', values.abortOnFail))
  if (problems.length > 0) throw new UsageError(problems)
  return runAndReport({ out, jsonOut, junitOut, report }, scenario, async (context) => {
    preflight({ ...scenario, descriptorsPerStream: 1 })
    return await stressTarget({ baseUrl, protocol }, { scenario, headers }, { ...context, workers })
  })
}

function remoteProblems({ targetUrl, allowRemote }: Values<'stress'>): readonly Problem[] {
  if (isLoopback(targetUrl) || allowRemote) return []
  return [
    {
      where: '--ccr-url',
      message: 'must be an address of this machine unless you pass --allow-remote',
      got: new URL(targetUrl).host,
      hint: 'Do not load-test servers you do not own.',
    },
  ]
}

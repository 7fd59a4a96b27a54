import { UsageError } from '../errors.ts'
import { faultProblems } from '../fault/parse-fault.ts'
import { startMock } from '../mock/mock.ts'
import { readFlags } from './flag-table.ts'
import { mockFlags } from './flags.ts'
import { createLog } from './log.ts'
import { serve } from './serve.ts'

/** `mock`: the provider. */
export async function mockCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { 'log-level': level, 'delay-ms': delayMs, fault: faults, ...rest } = readFlags(mockFlags, argv)
  const problems = faultProblems(faults)
  if (problems.length > 0) throw new UsageError(problems)
  const log = createLog(level)
  return serve('mock', log, () => startMock({ ...rest, delayMs, faults, log }))
}

import { UsageError } from '../base/errors.ts'
import type { Run } from '../model/run.ts'
import { runWithoutSecrets } from '../process/secrets.ts'
import { readRun } from './read-run.ts'

/** Reads every folder. Throws a UsageError with the problems of all of them. */
export async function readRuns(folders: readonly string[]): Promise<readonly Run[]> {
  const reads = await Promise.allSettled(folders.map(readRun))
  const errors = reads.flatMap((read) => (read.status === 'rejected' ? [read.reason as unknown] : []))
  if (errors.length > 0 && errors.every((error) => error instanceof UsageError))
    throw new UsageError(errors.flatMap(({ problems }) => problems))
  if (errors.length > 0) throw errors.find((error) => !(error instanceof UsageError))
  return reads.flatMap((read) => (read.status === 'fulfilled' ? [runWithoutSecrets(read.value)] : []))
}

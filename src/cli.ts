#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.ts'
import { statusOfError } from './cli/exit-status.ts'
import { outdatedNode } from './cli/node-version.ts'
import { EnvironmentError, UsageError } from './errors.ts'
import { ProbeError } from './experiment.ts'

// A reader that has left (`| head`) is no failure: what it did not read is in the results folder.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

try {
  const outdated = outdatedNode(process.versions.node)
  if (outdated !== undefined) throw new EnvironmentError(outdated)
  process.exitCode = await runCommandLine(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${describe(error)}\n`)
  process.exitCode = statusOfError(error)
}

function describe(error: unknown): string {
  if (error instanceof UsageError || error instanceof EnvironmentError || error instanceof ProbeError)
    return error.message
      .split('\n')
      .map((line) => `error: ${line}`)
      .join('\n')
  return `error: a bug of ccr-sse-stress, please report it\n${error instanceof Error ? error.stack : String(error)}`
}

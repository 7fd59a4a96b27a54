import { existsSync } from 'node:fs'
import { EnvironmentError, UsageError } from '../src/base/errors.ts'
import type { BenchContext } from './context.ts'
import { machineLines } from './machine.ts'
import { readOptions, type SuiteName, usage } from './options.ts'
import type { Section } from './section.ts'
import { sectionText } from './section-text.ts'
import { benchAccuracy } from './suites/accuracy.ts'
import { benchBothEnds } from './suites/both-ends.ts'
import { benchCapacity } from './suites/capacity.ts'
import { benchClient } from './suites/client.ts'
import { benchGateway } from './suites/gateway.ts'
import { benchMemory } from './suites/memory.ts'
import { benchMock } from './suites/mock.ts'
import { benchRecording } from './suites/recording.ts'
import { benchSchedule } from './suites/schedule.ts'
import { benchSelfNoise } from './suites/self-noise.ts'
import { benchStartUp } from './suites/start-up.ts'
import { benchTenThousand } from './suites/ten-thousand.ts'
import { benchVerification } from './suites/verification.ts'

const suites: Readonly<Record<SuiteName, (context: BenchContext) => Promise<Section>>> = {
  client: benchClient,
  verification: benchVerification,
  schedule: benchSchedule,
  recording: benchRecording,
  memory: benchMemory,
  'ten-thousand': benchTenThousand,
  'self-noise': benchSelfNoise,
  accuracy: benchAccuracy,
  mock: benchMock,
  'both-ends': benchBothEnds,
  gateway: benchGateway,
  'start-up': benchStartUp,
  capacity: benchCapacity,
}

const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupt.abort(name))

try {
  await main()
} catch (error) {
  if (interrupt.signal.aborted) process.exitCode = interrupt.signal.reason === 'SIGINT' ? 130 : 143
  else if (error instanceof UsageError || error instanceof EnvironmentError) {
    process.stderr.write(`${error.message.replace(/^/gm, 'error: ')}\n`)
    process.exitCode = error instanceof UsageError ? 64 : 4
  } else throw error
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (!options) {
    process.stdout.write(usage)
    return
  }
  if (!existsSync('/proc/self/stat')) throw new EnvironmentError('the benchmark needs Linux, because it reads /proc')
  const { only, rounds, holdS } = options
  const medians = rounds === 1 ? 'one round' : `medians of ${rounds} interleaved rounds`
  const head = [
    `ccr-sse-stress benchmark, ${medians}`,
    ...(await machineLines(new Date(), process.version, interrupt.signal)),
  ]
  process.stdout.write(`${head.join('\n')}\n\n`)
  const context = {
    rounds,
    holdS,
    signal: interrupt.signal,
    say: (text: string) => process.stderr.write(`${text}\n`),
    env: process.env,
  }
  for (const name of only) process.stdout.write(`${sectionText(await suites[name](context))}`)
}

import type { Run } from '../model/run.ts'
import { missedPeak } from './planned-peak.ts'

/** What the local topology calls our own provider; any other process that died is the gateway. */
export const mockName = 'mock'

/** Why the run says nothing of the gateway at all, however its streams ended, one sentence each. */
export function harnessFailures(run: Run): readonly string[] {
  const { died } = run
  return [
    ...(died?.name === mockName ? [`the mock died (${died.how})`] : []),
    ...shortage(run),
    ...present(notLoaded(run)),
    ...present(missedPeak(run)),
  ]
}

/** What each code says that this machine ran out of. */
const resources: Readonly<Record<string, string>> = {
  EMFILE: 'file descriptors of a process',
  ENFILE: 'file descriptors of the machine',
  EADDRNOTAVAIL: 'local ports',
  EADDRINUSE: 'local ports',
  ENOBUFS: 'memory for sockets',
  ENOMEM: 'memory',
}

function shortage({ records, scenario }: Run): string[] {
  const details = records.flatMap(({ outcome }) =>
    outcome.state === 'failed' && outcome.kind === 'local_resource' ? [outcome.detail] : [],
  )
  if (details.length === 0) return []
  const codes = Object.keys(resources).filter((code) => details.some((detail) => detail.includes(code)))
  const what = codes.map((code) => `: ${resources[code]} (${code})`).join('')
  return [
    `this machine ran out of what ${details.length} of ${scenario.streams} streams needed (local_resource${what}): doctor says what to raise`,
  ]
}

function notLoaded({ records, interruptedBy, scenario }: Run): string | undefined {
  const judged = records.filter(({ outcome }) => outcome.state !== 'aborted').length
  if (interruptedBy) return judged === 0 ? `interrupted by ${interruptedBy} before any stream ended` : undefined
  const missing = scenario.streams - records.length
  if (missing > 0) return `${missing} of ${scenario.streams} streams were never started, and nobody interrupted the run`
  // Clients that leave on purpose leave nothing else to judge.
  if (judged > 0 || records.some(({ clientFault }) => clientFault !== undefined)) return undefined
  return 'no stream ended by itself, and nobody interrupted the run'
}

function present(reason: string | undefined): string[] {
  return reason === undefined ? [] : [reason]
}

import { bugRemedy } from '../base/errors.ts'
import type { FailedPart } from '../model/instrument.ts'
import type { Run } from '../model/run.ts'

/** What to do about a part of the harness that failed. */
interface Remedies {
  readonly ended: (how: string) => string
  readonly silent: string
}

const killedForMemory = 'Check whether the kernel killed it because memory ran out (`dmesg`).'
const lastLines = 'Its last log lines show the reason.'
const reachable = 'Check that it is running, not stopped, and reachable.'

function serverEnded(how: string): string {
  return /SIGKILL|status 137/.test(how) ? killedForMemory : lastLines
}

function workerEnded(how: string): string {
  return how === 'out of memory' ? 'Use fewer streams or more --workers.' : bugRemedy
}

/** Every kind of part of the harness. */
const remediesOf: Readonly<Record<FailedPart['part'], Remedies>> = {
  runner: { ended: workerEnded, silent: 'Use fewer streams, or stop other programs that use the CPU.' },
  mock: { ended: serverEnded, silent: reachable },
  proxy: { ended: serverEnded, silent: reachable },
}

/** Why a run in which parts of the harness failed is invalid, one sentence for each part. */
export function failedPartSentences({ failedParts = [] }: Pick<Run, 'failedParts'>): readonly string[] {
  return failedParts.map(({ part, name, state, how, phase }) => {
    const remedies = remediesOf[part]
    return state === 'ended'
      ? `The ${name} died (${how}) during the ${phase}. ${remedies.ended(how)}`
      : `The ${name} stopped answering (${how}) during the ${phase}. ${remedies.silent}`
  })
}

/** Which part of a run can still be judged: everything, only the load, or nothing. */
export function evidenceLeft({ failedParts = [] }: Pick<Run, 'failedParts'>): 'all' | 'load' | 'none' {
  if (failedParts.some(({ phase }) => phase === 'warm-up' || phase === 'baseline' || phase === 'load')) return 'none'
  return failedParts.some(({ phase }) => phase === 'drain') ? 'load' : 'all'
}

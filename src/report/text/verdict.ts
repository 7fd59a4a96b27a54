import { counted, grouped } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import type { Judgement } from '../../judge/judgement.ts'
import type { Run } from '../../model/run.ts'
import { testedLine } from '../tested.ts'

/** Maximum length of a reason, in characters. */
const reasonLength = 500

/** The verdict, what was tested, and every reason. */
export function verdictLines(run: Run, { verdict, reasons, summary }: Judgement): string[] {
  const { interruptedBy, abortedBy, gateway, died, scenario } = run
  const endedByDeath = died && scenario.phases && summary.aborted + summary.notStarted > 0
  const [aborted, notStarted] = [counted(summary.aborted, 'stream'), grouped(summary.notStarted)]
  return [
    `  Verdict: ${verdict.toUpperCase()} | tested: ${testedLine(gateway)}`,
    ...reasons.map((reason) => `    ${printable(reason, reasonLength)}`),
    ...stoppedLines(run, `${aborted} aborted, ${notStarted} not started`),
    ...(abortedBy
      ? [`  Ended early: after ${abortedBy.afterS.toFixed(1)} s, ${aborted} aborted, ${notStarted} not started`]
      : []),
    ...(endedByDeath ? [`  Ended early: the gateway died, ${aborted} aborted, ${notStarted} not started`] : []),
    ...(interruptedBy ? [`  Interrupted: ${interruptedBy}, ${aborted} aborted, ${notStarted} not started`] : []),
  ]
}

function stoppedLines({ stopped, records, failedParts }: Run, cut: string): string[] {
  if (!stopped) return []
  if (stopped.phase === 'load')
    return failedParts ? [`  Stopped: during the load, because of that failure; ${cut}`] : []
  const streams = records.length > 0 ? '; all streams below are warm-up streams' : ''
  return [`  Stopped: during the ${stopped.phase}, before the load${streams}`]
}

/** Whether the times are the gateway's, with the reasons that the verdict does not have already. */
export function timingLines({ timing, reasons }: Judgement): string[] {
  return [
    `  Timing: ${timing.state}`,
    ...timing.reasons
      .filter((reason) => !reasons.includes(reason))
      .map((reason) => `    ${printable(reason, reasonLength)}`),
  ]
}

import type { Run } from '../model/run.ts'
import { bufferedOf } from './buffering.ts'
import { uncancelledOf } from './cancellation.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { leaksOf } from './leaks.ts'
import { bimodalOf, coalescedOf, headOfLineOf, nagleOf } from './shapes.ts'
import { backlogOf, stalledOf } from './stalls.ts'
import { amplificationOf, untruthsOf } from './telemetry-truth.ts'
import { timingOf } from './timing.ts'

/** All that a run finds out about its gateway beside its streams, what makes it a failure first. */
export function gatewayFindingsOf(run: Run): readonly GatewayFinding[] {
  if (run.gateway.kind === 'none') return []
  const leaks = leaksOf(run)
  // Shapes of time are ours where the times are.
  const isTimed = timingOf(run).state !== 'invalid'
  const isGrowth = (finding: GatewayFinding) => finding.class === 'memory_growth'
  return [
    ...leaks.filter((leak) => !isGrowth(leak)),
    ...leaks.filter(isGrowth),
    ...uncancelledOf(run),
    ...(isTimed ? [...headOfLineOf(run), ...bufferedOf(run)] : []),
    ...coalescedOf(run),
    ...(isTimed ? [...bimodalOf(run), ...nagleOf(run), ...backlogOf(run), ...stalledOf(run)] : []),
    ...amplificationOf(run),
    ...untruthsOf(run),
  ]
}

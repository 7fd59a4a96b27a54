import type { Run } from '../model/run.ts'
import { bufferedOf } from './buffering.ts'
import { type Cancellation, uncancelledOf } from './cancellation.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { type JudgedRemains, leaksOf } from './leaks.ts'
import { bimodalOf, coalescedOf, headOfLineOf, nagleOf } from './shapes.ts'
import { backlogOf, stalledOf } from './stalls.ts'
import { amplificationOf, untruthsOf } from './telemetry-truth.ts'
import type { Timing } from './timing.ts'

/** Conclusions that detectors need. */
interface Known {
  readonly timing: Timing
  readonly cancellations: readonly Cancellation[]
  readonly remains: readonly JudgedRemains[]
}

/** One detector. With `usesTimes`, it is skipped if the timing of the run is invalid. */
interface Detector {
  readonly find: (run: Run, known: Known) => readonly GatewayFinding[]
  readonly usesTimes?: boolean
}

/** Every detector; those that find failures come first. */
const detectors: readonly Detector[] = [
  { find: (run, { remains }) => leaksOf(run, remains) },
  { find: (run, { cancellations }) => uncancelledOf(run, cancellations) },
  { find: headOfLineOf, usesTimes: true },
  { find: bufferedOf, usesTimes: true },
  { find: coalescedOf },
  { find: bimodalOf, usesTimes: true },
  { find: nagleOf, usesTimes: true },
  { find: backlogOf, usesTimes: true },
  { find: stalledOf, usesTimes: true },
  { find: amplificationOf },
  { find: untruthsOf },
]

/** What a run shows of its gateway apart from single streams; nothing without a gateway. */
export function gatewayFindingsOf(run: Run, known: Known): readonly GatewayFinding[] {
  if (run.gateway.kind === 'none') return []
  return detectors
    .filter(({ usesTimes }) => !usesTimes || known.timing.state !== 'invalid')
    .flatMap(({ find }) => find(run, known))
}

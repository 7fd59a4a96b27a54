import type { Run } from '../model/run.ts'
import { bufferedOf } from './buffering.ts'
import { type Cancellation, uncancelledOf } from './cancellation.ts'
import { evidenceLeft } from './failed-parts.ts'
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

/**
 * One detector. With `usesTimes`, it is skipped if the timing of the run is invalid; with `usesDrain`, if a part of the harness failed
 * after the load, because it needs what gateway and mock reported then.
 */
interface Detector {
  readonly find: (run: Run, known: Known) => readonly GatewayFinding[]
  readonly usesTimes?: boolean
  readonly usesDrain?: boolean
}

/** Every detector; those that find failures come first. */
const detectors: readonly Detector[] = [
  { find: (run, { remains }) => leaksOf(run, remains), usesDrain: true },
  { find: (run, { cancellations }) => uncancelledOf(run, cancellations), usesDrain: true },
  { find: headOfLineOf, usesTimes: true },
  { find: bufferedOf, usesTimes: true },
  { find: coalescedOf },
  { find: bimodalOf, usesTimes: true },
  { find: nagleOf, usesTimes: true },
  { find: backlogOf, usesTimes: true },
  { find: stalledOf, usesTimes: true },
  { find: amplificationOf, usesDrain: true },
  { find: untruthsOf, usesDrain: true },
]

/** What a run shows of its gateway apart from single streams; nothing without a gateway. */
export function gatewayFindingsOf(run: Run, known: Known): readonly GatewayFinding[] {
  const left = evidenceLeft(run)
  if (run.gateway.kind === 'none' || left === 'none') return []
  return detectors
    .filter(({ usesTimes }) => !usesTimes || known.timing.state !== 'invalid')
    .filter(({ usesDrain }) => !usesDrain || left === 'all')
    .flatMap(({ find }) => find(run, known))
}

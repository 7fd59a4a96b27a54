import { EnvironmentError } from '../base/errors.ts'
import {
  type Bound,
  type DescriptorsPerStream,
  descriptorsNeeded,
  portsNeeded,
  raiseDescriptors,
  raisePorts,
  streamBounds,
} from './capacity.ts'
import { type MachineLimits, readLimits } from './limits.ts'

/** A load's needs: the most streams open at once, and 2 descriptors per stream if a gateway runs on this machine, else 1. */
interface Need {
  readonly streams: number
  /** Whether phases, and not --streams, say how many. */
  readonly phases?: object
  readonly descriptorsPerStream: DescriptorsPerStream
}

/** Throws an EnvironmentError if this machine cannot open the streams, with the command that raises the limit. Unknown limits pass. */
export function preflight(need: Need, limits: MachineLimits = readLimits()): void {
  const broken = streamBounds(limits, need.descriptorsPerStream).filter(({ streams }) => streams < need.streams)
  if (broken.length === 0) return
  throw new EnvironmentError(broken.map((bound) => describeShortage(bound, need, limits)).join('\n'))
}

function describeShortage(
  bound: Bound,
  { streams, phases, descriptorsPerStream }: Need,
  limits: MachineLimits,
): string {
  const [needed, remedy] =
    bound.resource === 'descriptors'
      ? [
          `${descriptorsNeeded(streams, descriptorsPerStream)} file descriptors`,
          raiseDescriptors(streams, descriptorsPerStream, limits),
        ]
      : [`${portsNeeded(streams)} local ports`, raisePorts(streams)]
  const load = phases ? `A load with up to ${streams} open streams` : `--streams ${streams}`
  const fewer = phases ? ' or use a smaller --max-streams' : ''
  return `${load} needs ${needed}; this machine allows at most ${bound.streams} streams (${bound.why}). Raise the limit${fewer}: ${remedy}`
}

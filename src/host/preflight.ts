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

/** A load's needs: 2 descriptors per stream if a gateway runs on this machine, else 1. */
interface Need {
  readonly streams: number
  readonly descriptorsPerStream: DescriptorsPerStream
}

/** Throws an EnvironmentError if this machine cannot open the streams, with the command that raises the limit. Unknown limits pass. */
export function preflight(need: Need, limits: MachineLimits = readLimits()): void {
  const broken = streamBounds(limits, need.descriptorsPerStream).filter(({ streams }) => streams < need.streams)
  if (broken.length === 0) return
  throw new EnvironmentError(broken.map((bound) => describeShortage(bound, need, limits)).join('\n'))
}

function describeShortage(bound: Bound, { streams, descriptorsPerStream }: Need, limits: MachineLimits): string {
  const [needed, remedy] =
    bound.resource === 'descriptors'
      ? [
          `${descriptorsNeeded(streams, descriptorsPerStream)} file descriptors`,
          raiseDescriptors(streams, descriptorsPerStream, limits),
        ]
      : [`${portsNeeded(streams)} local ports`, raisePorts(streams)]
  return `--streams ${streams} needs ${needed}; this machine allows at most ${bound.streams} streams (${bound.why}). Raise the limit: ${remedy}`
}

import { EnvironmentError } from '../base/errors.ts'
import { type Bound, boundsOf, type DescriptorsPerStream, descriptorsNeeded, portsNeeded } from './capacity.ts'
import { type MachineLimits, readLimits } from './limits.ts'
import { raiseDescriptors, raisePorts } from './remedy.ts'

/** A load, and what a stream of it takes in the one process that needs the most: 2 where a gateway runs here, else 1. */
export interface Need {
  readonly streams: number
  readonly descriptorsPerStream: DescriptorsPerStream
}

/** Refuses streams that this machine cannot open, with the number needed and how to raise it; what is not known passes. */
export function preflight(need: Need, limits: MachineLimits = readLimits()): void {
  const broken = boundsOf(limits, need.descriptorsPerStream).filter(({ streams }) => streams < need.streams)
  if (broken.length === 0) return
  throw new EnvironmentError(broken.map((bound) => describeShortage(bound, need, limits)).join('\n'))
}

function describeShortage(bound: Bound, { streams, descriptorsPerStream }: Need, limits: MachineLimits): string {
  const at = bound.resource === 'descriptors'
  const needed = at
    ? `${descriptorsNeeded(streams, descriptorsPerStream)} file descriptors`
    : `${portsNeeded(streams)} local ports`
  const remedy = at ? raiseDescriptors(streams, descriptorsPerStream, limits) : raisePorts(streams)
  return `--streams ${streams} needs ${needed}, and this machine holds at most ${bound.streams} streams (${bound.why}): ${remedy}`
}

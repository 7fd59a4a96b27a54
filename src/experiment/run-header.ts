import { nowNs } from '../base/clock.ts'
import { version } from '../base/version.ts'
import { readMachine } from '../host/machine.ts'
import { readBootId } from '../host/proc.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import type { ExperimentContext } from './context.ts'

/** What is known of a run when it starts. */
export type Header = Pick<
  Run,
  | 'id'
  | 'startedAt'
  | 'startedNs'
  | 'harnessVersion'
  | 'command'
  | 'scenario'
  | 'target'
  | 'gateway'
  | 'machine'
  | 'bootId'
  | 'topology'
  | 'toxics'
>

/** Records that a run starts now. */
export function runHeader(
  command: Run['command'],
  target: Target,
  scenario: Scenario,
  gateway: GatewayIdentity,
  { id, placement }: Pick<ExperimentContext, 'id' | 'placement'>,
): Header {
  return {
    id,
    startedAt: new Date().toISOString(),
    startedNs: nowNs(),
    harnessVersion: version,
    command,
    scenario,
    target,
    gateway,
    machine: readMachine(),
    bootId: readBootId(),
    topology: placement,
  }
}

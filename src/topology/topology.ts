import type { ActiveStreamsProbe } from '../gateways/active-streams.ts'
import type { AsyncMeter, GatewayProcess } from '../host/meter.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Death } from '../process/child.ts'

/** A mock and a gateway, both healthy, however they were stood up. Disposing of it tears down what it started. */
export interface Topology extends AsyncDisposable {
  /** Where the gateway is; the mock's own URL where no gateway is between. */
  readonly gatewayUrl: string
  readonly mockUrl: string
  /** Where the streams go instead, through a proxy with toxics; what is asked of the gateway itself does not. */
  readonly loadUrl?: string
  /** What is wrong with the wire, as `--toxic` spells it. */
  readonly toxics?: readonly string[]
  readonly gateway: GatewayIdentity
  /** Where the gateway says how many streams are open, where that is not `/v1/usage`. */
  readonly activeStreams?: ActiveStreamsProbe
  /** The gateway's process, where it can be seen from here. */
  readonly gatewayProcess?: GatewayProcess
  /** Starts to measure what the gateway takes, where its process can't be seen but another can be asked. */
  readonly startMeter?: () => AsyncMeter
  /** Whether the mock or the gateway has ended on its own by now, and how. */
  death(): Promise<Death | undefined>
}

/** What stands where no gateway is between: the mock alone. */
export function noGateway(mockUrl: string): GatewayIdentity {
  return { kind: 'none', name: 'no gateway: straight to the mock', location: mockUrl, settings: [] }
}

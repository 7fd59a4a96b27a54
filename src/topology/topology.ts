import type { ActiveStreamsProbe } from '../gateways/active-streams.ts'
import type { AsyncMeter, GatewayProcess } from '../host/meter.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { PausedPart } from '../model/instrument.ts'
import type { Death } from '../process/child.ts'
import type { InstrumentPart } from './instrument-part.ts'

/** A healthy mock and a healthy gateway, however they were started. Disposing of it tears down what it started. */
export interface Topology extends AsyncDisposable {
  /** The gateway's URL; the mock's URL if there is no gateway. */
  readonly gatewayUrl: string
  readonly mockUrl: string
  /** The address of the gateway that is healthy, if its URL has a name. */
  readonly gatewayAddress?: string
  /** The URL for the streams, if they go through a proxy with toxics. Queries of the gateway itself do not use it. */
  readonly loadUrl?: string
  /** The toxics on the wire, as `--toxic` spells them. */
  readonly toxics?: readonly string[]
  readonly gateway: GatewayIdentity
  /** How the gateway reports its open streams, if not at `/v1/usage`. */
  readonly activeStreams?: ActiveStreamsProbe
  /** The gateway's process, if it is visible from here. */
  readonly gatewayProcess?: GatewayProcess
  /** Starts to measure the gateway's cost; set if its process is not visible but Docker can measure it. */
  readonly startMeter?: () => AsyncMeter
  /** What the fault proxies measured of themselves so far; absent if this topology started none. */
  readonly proxies?: () => readonly PausedPart[]
  /** Lets this process end while it runs; guards then tear it down. Absent if nothing keeps this process alive. */
  readonly unref?: () => void
  /** The parts of the harness in it: the mock, and the fault proxies with a control port. */
  readonly parts: readonly InstrumentPart[]
  /** How the gateway ended without being stopped; undefined if it is running, or if there is no gateway. */
  death(): Promise<Death | undefined>
}

/** The identity for runs without a gateway. */
export function noGateway(mockUrl: string): GatewayIdentity {
  return { kind: 'none', name: 'no gateway: direct to the mock', location: mockUrl, settings: [] }
}

/** The identity of a gateway if only its URL is known. */
export function unknownGateway(location: string, name = 'unknown gateway'): GatewayIdentity {
  return { kind: 'unknown', name, location, settings: [] }
}

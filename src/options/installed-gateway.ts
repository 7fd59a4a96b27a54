import type { Problem } from '../base/errors.ts'
import type { GatewayDescriptor } from '../gateways/descriptor.ts'
import { gatewayTable, isInstallable } from '../gateways/gateway-table.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'

interface GatewayValues {
  readonly gateway: string
  readonly protocol: ProtocolName
  readonly model: string
}

/** The values with the protocol and model of an installed gateway, unless flags were given for them. */
export function withGatewayDefaults<T extends GatewayValues>(values: T, argv: Readonly<Record<string, unknown>>): T {
  if (!isInstallable(values.gateway)) return values
  const { protocols }: GatewayDescriptor = gatewayTable[values.gateway]
  const protocol = argv['protocol'] === undefined ? (Object.keys(protocols)[0] as ProtocolName) : values.protocol
  const model = argv['model'] === undefined ? protocols[protocol]?.model : undefined
  return { ...values, protocol, model: model ?? values.model }
}

/** The protocols of a gateway's clients, as far as they are known. */
export function supportedProtocols(gateway: string): readonly ProtocolName[] {
  if (!isInstallable(gateway)) return protocolNames
  const { protocols }: GatewayDescriptor = gatewayTable[gateway]
  return protocolNames.filter((protocol) => Object.hasOwn(protocols, protocol))
}

/** What is wrong with an installed gateway in this topology, and with this protocol. */
export function gatewayProblems({ gateway, protocol }: GatewayValues, topology: string): readonly Problem[] {
  if (!isInstallable(gateway)) return []
  const { protocols }: GatewayDescriptor = gatewayTable[gateway]
  const problems: Problem[] = []
  if (topology !== 'local')
    problems.push({
      where: '--gateway',
      message: `${gateway} needs --topology local: it runs as a program on this machine (topology is ${topology})`,
    })
  if (!Object.hasOwn(protocols, protocol))
    problems.push({
      where: '--protocol',
      message: `must be a protocol that ${gateway} supports: ${Object.keys(protocols).join(' or ')}`,
      got: protocol,
    })
  return problems
}

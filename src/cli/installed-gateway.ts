import type { Problem } from '../base/errors.ts'
import type { GatewayDescriptor } from '../gateways/descriptor.ts'
import { gatewayTable, isInstallable } from '../gateways/gateway-table.ts'
import type { ProtocolName } from '../model/protocol-name.ts'

/** The flags that name a gateway and how to ask it. */
interface Named {
  readonly gateway: string
  readonly protocol: ProtocolName
  readonly model: string
}

/** Sets what was not given, of the protocol and the model to ask for, to what an installed gateway knows. */
export function asSpoken<T extends Named>(values: T, given: Readonly<Record<string, unknown>>): T {
  if (!isInstallable(values.gateway)) return values
  const { protocols }: GatewayDescriptor = gatewayTable[values.gateway]
  const protocol = given['protocol'] === undefined ? (Object.keys(protocols)[0] as ProtocolName) : values.protocol
  const model = given['model'] === undefined ? protocols[protocol]?.model : undefined
  return { ...values, protocol, model: model ?? values.model }
}

/** What is wrong with an installed gateway where it is to run, and in what it is to be asked in. */
export function gatewayProblems({ gateway, topology, protocol }: Named & { readonly topology: string }): Problem[] {
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

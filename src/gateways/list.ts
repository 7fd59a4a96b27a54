import { alignRows } from '../base/table.ts'
import type { GatewayDescriptor } from './descriptor.ts'
import { findInstalled } from './find.ts'
import { type GatewayName, gatewayNames, gatewayTable } from './gateway-table.ts'
import { howToInstall } from './install.ts'

const head = ['gateway', 'installed', 'capacity (streams)', 'protocols', 'how to get it']

/** Every gateway as a text table: installed version, capacity, protocols, and how to get it. */
export async function listGateways(env: NodeJS.ProcessEnv): Promise<string> {
  const rows = await Promise.all(gatewayNames.map((name) => rowOf(name, env)))
  return alignRows([head, ...rows])
    .map((line) => `${line}\n`)
    .join('')
}

async function rowOf(name: GatewayName, env: NodeJS.ProcessEnv): Promise<string[]> {
  const { protocols, streamsOnTwoCores }: GatewayDescriptor = gatewayTable[name]
  const installed = await findInstalled(name, env)
  const version = installed ? (installed.version ?? '(version unknown)') : 'not installed'
  return [name, version, String(streamsOnTwoCores), Object.keys(protocols).join(', '), howToInstall(name)]
}

import { protocolNames } from '../model/protocol-name.ts'
import { findBuiltCcrRust } from './ccr-rust-binary.ts'
import type { GatewayDescriptor } from './descriptor.ts'
import { findInstalled, versionOf } from './find-installed.ts'
import { gatewayTable, type InstallableName, installableNames } from './gateway-table.ts'
import { howToInstall } from './how-to-install.ts'

const head = ['gateway', 'installed', 'streams on 2 cores', 'protocols', 'how to get it']
const notInstalled = 'not installed'
const every = protocolNames.join(', ')

/** Every gateway that can be tested, as a table in text: its version here, what it holds and speaks, and how it is had. */
export async function listGateways(env: NodeJS.ProcessEnv, ownVersion: string): Promise<string> {
  const ccrRust = await findBuiltCcrRust(env)
  const ccrRustVersion = ccrRust === undefined ? notInstalled : await versionOf(ccrRust, '--version', env)
  return textTable([
    head,
    ['ccr-rust', ccrRustVersion, '1200', every, '--ccr-bin FILE, --ccr-source DIR, or ccr-rust on PATH'],
    ['reference', ownVersion, '500', every, 'a part of ccr-sse-stress'],
    ...(await Promise.all(installableNames.map((name) => rowOf(name, env)))),
  ])
}

async function rowOf(name: InstallableName, env: NodeJS.ProcessEnv): Promise<string[]> {
  const { protocols, streamsOnTwoCores }: GatewayDescriptor = gatewayTable[name]
  const installed = await findInstalled(name, env)
  const spoken = Object.keys(protocols).join(', ')
  return [name, installed?.version ?? notInstalled, String(streamsOnTwoCores), spoken, howToInstall(name)]
}

function textTable(rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

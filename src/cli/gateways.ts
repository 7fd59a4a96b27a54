import { type Problem, UsageError } from '../base/errors.ts'
import { statusOfSignal } from '../base/exit-status.ts'
import { nearest } from '../base/nearest.ts'
import { alignRows } from '../base/table.ts'
import type { GatewayDescriptor } from '../gateways/descriptor.ts'
import { findInstalled } from '../gateways/find.ts'
import {
  type GatewayName,
  gatewayNames,
  gatewayTable,
  type InstallableName,
  installableNames,
  isGateway,
  isInstallable,
} from '../gateways/gateway-table.ts'
import { howToInstall, installGateway } from '../gateways/install.ts'
import { gatewayLabel } from '../gateways/launch.ts'
import { isRoot } from '../process/owner.ts'
import { createHost } from './host.ts'

const actions = ['list', 'install']

/** `gateways`: lists the gateways that can be tested, or installs one. */
export async function gatewaysCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const [action, name] = [argv['action'], argv['name']].map((operand) =>
    operand === undefined ? undefined : String(operand),
  )
  if (action === 'install') return install(installableOf(name))
  if (action !== 'list')
    throw new UsageError([unknown('gateways', 'needs an action: list, or install and a name', actions, action)])
  if (name !== undefined) throw new UsageError([{ where: 'gateways list', message: 'takes no name', got: name }])
  process.stdout.write(await listGateways(process.env))
  return 0
}

async function install(name: InstallableName): Promise<number> {
  using host = createHost((text) => void process.stderr.write(`${text}\n`))
  try {
    const {
      alreadyInstalled,
      program,
      version = '(version unknown)',
    } = await installGateway(name, { ...host, isRoot: isRoot(), pid: process.pid })
    const descriptor: GatewayDescriptor = gatewayTable[name]
    const state = alreadyInstalled ? 'is already installed' : 'is installed'
    process.stdout.write(`${gatewayLabel(descriptor, version)} ${state}: ${program}\n`)
    return 0
  } catch (cause) {
    host.throwUncaught()
    if (host.signal.aborted) return statusOfSignal(host.signal.reason)
    throw cause
  }
}

function installableOf(name: string | undefined): InstallableName {
  if (name !== undefined && isInstallable(name)) return name
  const where = 'gateways install'
  if (name !== undefined && isGateway(name)) {
    const { installation }: GatewayDescriptor = gatewayTable[name]
    if (installation.by === 'provided')
      throw new UsageError([{ where, message: `cannot install ${name}`, hint: installation.notInstallable }])
  }
  throw new UsageError([unknown(where, `needs one of ${installableNames.join(', ')}`, installableNames, name)])
}

function unknown(where: string, message: string, names: readonly string[], got: string | undefined): Problem {
  const near = got === undefined ? undefined : nearest(got, names)
  return { where, message, got: got ?? 'nothing', hint: near && `Did you mean ${near}?` }
}

const head = ['gateway', 'installed', 'capacity (streams)', 'protocols', 'how to get it']

/** Every gateway as a text table: installed version, capacity, protocols, and how to get it. */
async function listGateways(env: NodeJS.ProcessEnv): Promise<string> {
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

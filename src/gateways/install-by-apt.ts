import { rm, writeFile } from 'node:fs/promises'
import { EnvironmentError } from '../base/errors.ts'
import { findOnPath } from '../process/executable.ts'
import type { AptInstallation } from './descriptor.ts'
import { type Installing, runInstaller } from './run-installer.ts'

/** What Debian's packages ask whether they may start their service; 101 is no. */
const servicePolicy = '/usr/sbin/policy-rc.d'

/** Installs a package of the system where this user may; else the EnvironmentError says the command. */
export async function installByApt(
  { package: name, program }: AptInstallation,
  installing: Installing,
  policy: string = servicePolicy,
): Promise<void> {
  const env = { ...installing.env, DEBIAN_FRONTEND: 'noninteractive' }
  if (!installing.isRoot || (await findOnPath('apt-get', env)) === undefined)
    throw new EnvironmentError(
      `${program} is not installed, and ${installing.isRoot ? 'there is no apt-get' : 'only root may install it'}: ${aptCommand(name)}`,
    )
  const quietly = { ...installing, env }
  await runInstaller('apt-get', ['update', '-qq'], quietly)
  await withoutServices(policy, () =>
    runInstaller('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], quietly),
  )
}

/** The command that installs a package of the system. */
export function aptCommand(name: string): string {
  return `apt-get install ${name}`
}

/** Only the program is wanted: its service would listen on port 80 of every address. A policy that stands already is kept. */
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

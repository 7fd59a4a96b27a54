import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NpmInstallation } from './descriptor.ts'
import { type Installing, runInstaller } from './run-installer.ts'

/** Installs one package and what it needs into an empty folder; none of their scripts is run. */
export async function installByNpm(
  folder: string,
  { package: name, version, overrides = {} }: NpmInstallation,
  installing: Installing,
): Promise<void> {
  const own = { private: true, dependencies: { [name]: version }, overrides }
  await writeFile(join(folder, 'package.json'), JSON.stringify(own))
  // As a script of npm this process is told the prefix of another project.
  const words = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']
  await runInstaller('npm', words, installing, folder)
}

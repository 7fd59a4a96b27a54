import { join } from 'node:path'
import type { PypiInstallation } from './descriptor.ts'
import { type Installing, runInstaller } from './run-installer.ts'

/**
 * Installs one package and what it needs into a virtual environment of its own. Its scripts name the folder that they were
 * installed into, so that once it has another name they are to be run by its `bin/python`.
 */
export async function installByPip(
  folder: string,
  { package: name, version, extras }: PypiInstallation,
  installing: Installing,
): Promise<void> {
  await runInstaller('python3', ['-m', 'venv', folder], installing)
  const wanted = `${name}${extras === undefined ? '' : `[${extras}]`}==${version}`
  const words = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', wanted]
  await runInstaller(join(folder, 'bin', 'python'), words, installing)
}

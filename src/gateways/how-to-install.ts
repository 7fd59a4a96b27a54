import type { GatewayDescriptor } from './descriptor.ts'
import { gatewayTable, type InstallableName } from './gateway-table.ts'

/** The command that brings a gateway, and from where it brings it. */
export function howToInstall(name: InstallableName): string {
  const { installation }: GatewayDescriptor = gatewayTable[name]
  const command = `ccr-sse-stress gateways install ${name}`
  switch (installation.by) {
    case 'npm':
      return `${command} (npm ${installation.package}@${installation.version})`
    case 'pypi':
      return `${command} (PyPI ${installation.package} ${installation.version})`
    case 'apt':
      return `${command} (apt-get install ${installation.package})`
  }
}

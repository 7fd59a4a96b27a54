import { ccrRust } from './ccr-rust/ccr-rust.ts'
import { claudeCodeRouter } from './claude-code-router.ts'
import type { GatewayDescriptor } from './descriptor.ts'
import { envoy } from './envoy.ts'
import { litellm } from './litellm.ts'
import { nginx } from './nginx.ts'
import { nginxDefault } from './nginx-default.ts'
import { portkey } from './portkey.ts'
import { reference } from './reference.ts'

/** Every gateway that can be tested, by its name in `--gateway`, in the order of `gateways list`. */
export const gatewayTable = {
  'ccr-rust': ccrRust,
  reference,
  'claude-code-router': claudeCodeRouter,
  nginx,
  'nginx-default': nginxDefault,
  envoy,
  portkey,
  litellm,
} as const satisfies Readonly<Record<string, GatewayDescriptor>>

/** The name of a gateway in `--gateway`. */
export type GatewayName = keyof typeof gatewayTable

/** Name of a gateway that `gateways install` can install. */
export type InstallableName = Exclude<GatewayName, 'ccr-rust' | 'reference'>

export const gatewayNames = Object.keys(gatewayTable) as GatewayName[]

/** The names that `gateways install` accepts. */
export const installableNames = gatewayNames.filter(isInstallable)

export function isGateway(name: string): name is GatewayName {
  return Object.hasOwn(gatewayTable, name)
}

export function isInstallable(name: string): name is InstallableName {
  return isGateway(name) && gatewayTable[name].installation.by !== 'provided'
}

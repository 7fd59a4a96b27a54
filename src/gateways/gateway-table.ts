import { claudeCodeRouter } from './claude-code-router.ts'
import type { GatewayDescriptor } from './descriptor.ts'
import { envoy } from './envoy.ts'
import { litellm } from './litellm.ts'
import { nginx } from './nginx.ts'
import { nginxDefault } from './nginx-default.ts'
import { portkey } from './portkey.ts'

/** Every gateway that can be installed, by the name that `--gateway` has for it. */
export const gatewayTable = {
  'claude-code-router': claudeCodeRouter,
  nginx,
  'nginx-default': nginxDefault,
  envoy,
  portkey,
  litellm,
} as const satisfies Readonly<Record<string, GatewayDescriptor>>

/** Name of a gateway that can be installed. */
export type InstallableName = keyof typeof gatewayTable

/** All of those names. */
export const installableNames = Object.keys(gatewayTable) as InstallableName[]

/** Whether a name is one of them. */
export function isInstallable(name: string): name is InstallableName {
  return Object.hasOwn(gatewayTable, name)
}

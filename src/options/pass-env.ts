import type { Problem } from '../base/errors.ts'
import { isInstallable } from '../gateways/gateway-table.ts'
import { keepSecret } from '../process/secrets.ts'

const secretName = /key|token|secret|passw|credential|auth|cookie/i

/**
 * Checks that the variables to pass on are set. Values of variables with a secret name, such as API_KEY, are redacted from here on,
 * because mock or gateway may print them.
 */
export function checkPassEnv(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
  problems: Problem[],
  where = '--pass-env',
): void {
  for (const name of names) {
    const value = env[name]
    if (value === undefined) problems.push({ where, message: `needs the environment variable ${name}: it is not set` })
    else if (secretName.test(name)) keepSecret(value)
  }
}

/** What is wrong with `--pass-env` in a topology. */
export function passEnvProblems(
  { passEnv, gateway }: { readonly passEnv: readonly string[]; readonly gateway: string },
  topology: string,
): readonly Problem[] {
  if (passEnv.length === 0 || topology === 'local' || isInstallable(gateway)) return []
  const message = `needs --topology local: other topologies do not start mock and gateway as child processes (topology is ${topology})`
  return [{ where: '--pass-env', message }]
}

import type { Host } from './host.ts'

/** Variables that any program needs for its libraries, language and time zone. */
const needed = ['PATH', 'LD_LIBRARY_PATH', 'LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'LC_MESSAGES', 'TZ'] as const

/** More variables for this program's own commands: its home and temporary folders, compile cache and test coverage. */
const neededByOwn = ['HOME', 'TMPDIR', 'NODE_COMPILE_CACHE', 'NODE_DISABLE_COMPILE_CACHE', 'NODE_V8_COVERAGE'] as const

/**
 * The environment of a program that this one starts: without the user's API keys, proxies and Node options, so that nothing secret
 * reaches it and runs are reproducible. `names`: further variables that this kind of program needs.
 */
export function childEnvironment(
  { env, passEnv = [] }: Pick<Host, 'env' | 'passEnv'>,
  names: readonly string[] = [],
): Record<string, string> {
  return Object.fromEntries(
    [...needed, ...names, ...passEnv].flatMap((name) => {
      const value = env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** The environment of a command of this program. */
export function ownEnvironment(host: Pick<Host, 'env' | 'passEnv'>): Record<string, string> {
  return childEnvironment(host, neededByOwn)
}

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { UsageError } from '../src/base/errors.ts'
import { acceptedBy } from '../src/base/values.ts'
import { commands } from '../src/cli/command-line.ts'
import { experimentVariables } from '../src/options/compose-variables.ts'
import { type Flag, flagsOf, readFlags } from '../src/options/flags.ts'
import type { FlagCommand, Option } from '../src/options/option.ts'
import { readRunOptions } from '../src/options/run-options.ts'
import { experimentOf } from '../src/options/scenario.ts'
import { options } from '../src/options/table.ts'
import { envExample, flagsDoc, variables } from '../tools/options-doc.ts'
import { runCli } from './fixtures/cli.ts'

const root = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const composeFiles = globSync('docker-compose*.yml', { cwd: root })

/** All uses of variables in the compose files, `${NAME:-text}` or `${NAME:+text}`, except those inside `text`. */
const uses = composeFiles.flatMap((file) =>
  [...read(file).matchAll(/\$\{(\w+)(?::?([-+])((?:\$\{[^{}]*\}|[^{}])*))?\}/g)].flatMap(
    ([, name = '', operator, text = '']) => [
      { file, name, operator, text },
      ...[...text.matchAll(/\$\{(\w+)/g)].map(([, inner = '']) => ({
        file,
        name: inner,
        operator: undefined,
        text: '',
      })),
    ],
  ),
)

/** The flags in the command lists of a compose file, each with its variable. */
function composeFlags(file: string): readonly { readonly flag: string; readonly env: string }[] {
  return [...read(file).matchAll(/^ +- (?:--([a-z-]+)=\$\{(\w+):-[^}]*\}|\$\{(\w+):\+--([a-z-]+)\})$/gm)].map(
    ([, flag, env, switchEnv, switchFlag]) => ({ flag: flag ?? switchFlag ?? '', env: env ?? switchEnv ?? '' }),
  )
}

/** Flags that runner.sh builds from the words in a variable. */
const scriptFlags = [
  ...read('config/containers/runner.sh').matchAll(/for \w+ in \$\{(\w+)-\}; do words\+=\("--([a-z-]+)=\$\w+"\)/g),
].map(([, env = '', flag = '']) => ({ flag, env }))

const refuses = (act: () => unknown) => assert.throws(act, UsageError)

describe('the table of options', () => {
  it('matches docs/flags.md and .env.example', () => {
    assert.equal(read('docs/flags.md'), flagsDoc())
    assert.equal(read('.env.example'), envExample())
  })

  it('names every variable of the compose files, and no other', () => {
    assert.ok(composeFiles.length > 1)
    const used = new Set(uses.map(({ name }) => name))
    assert.deepEqual([...used].sort(), variables.map(({ env }) => env).sort())
  })

  it('has the default of every variable of the compose files', () => {
    for (const { file, name, operator, text } of uses) {
      if (operator !== '-') continue
      const variable = variables.find(({ env }) => env === name)
      // Its default depends on another variable.
      if (name === 'CCR_VERSION') continue
      const expected = name === 'CCR_SOURCE' ? variable?.unset : variable?.default
      assert.equal(text, expected, `${file}: ${name}`)
    }
  })

  it('has a flag for each variable of the runner', () => {
    for (const file of ['docker-compose.yml', 'docker-compose.direct.yml']) {
      const known = [...flagsOf('run'), ...flagsOf('mock')]
      const pairs = composeFlags(file)
      assert.ok(pairs.length > 10, file)
      for (const { flag, env } of [...pairs, ...scriptFlags]) {
        // Ports and mock workers are options of the server, not of the run.
        if (flag === 'port' || (flag === 'workers' && env === 'WORKERS')) continue
        assert.ok(
          known.some((option) => option.name === flag && option.env === env),
          `${file}: --${flag} and ${env}`,
        )
      }
    }
  })

  it('has no variable of `run` that the compose files do not pass on', () => {
    const passed = new Set([...composeFlags('docker-compose.yml'), ...scriptFlags].map(({ env }) => env))
    // These are part of a URL, a container or the build, and not flags of the runner.
    const elsewhere = ['CCR_PORT', 'CCR_SOURCE', 'CCR_CPUS', 'CCR_MEMORY', 'CCR_PIDS', 'RESULTS']
    const missing = flagsOf('run').flatMap(({ env }) => (env && !passed.has(env) ? [env] : []))
    assert.deepEqual(missing.sort(), elsewhere.sort())
  })

  it('has no flag of the runner that docker-compose.direct.yml leaves out', () => {
    const flags = (file: string) => composeFlags(file).map(({ flag }) => flag)
    const direct = new Set(flags('docker-compose.direct.yml'))
    // The flags without those of the mock. Without a gateway there is no health path and no baseline.
    const runner = flags('docker-compose.yml').filter((flag) => !['port', 'log-level'].includes(flag))
    const missing = runner.filter((flag) => !direct.has(flag))
    assert.deepEqual(missing, ['health-path', 'no-baseline'])
  })

  it('is known to the runner, so that the report has the command that runs one stream again', () => {
    const lines = [...read('docker-compose.yml').matchAll(/^ {8}\$\{(\w+):\+(\w+)=\$\{(\w+):-\}\}$/gm)]
    for (const [, tested, name, value] of lines) assert.deepEqual([tested, value], [name, name])
    // These are replaced for one stream, or set by the program or the engine.
    const replaced = [
      'STREAMS',
      'FIRST_STREAM',
      'RAMP_MS',
      'PHASES',
      'TURNS',
      'COMPOSE_PROJECT_NAME',
      'CCR_SSE_STRESS_OWNER',
    ]
    const expected = variables.map(({ env }) => env).filter((name) => !replaced.includes(name))
    assert.deepEqual(lines.map(([, name]) => name).sort(), expected.sort())
  })

  it('has the same defaults for a run in containers as .env.example', () => {
    const { experiment } = readRunOptions({}, {})
    const values = experimentVariables(experiment, 1)
    for (const [name, value] of Object.entries(values)) {
      if (name === 'WORKERS') continue
      assert.equal(value, variables.find(({ env }) => env === name)?.default, name)
    }
    assert.ok(Object.keys(values).length >= 18)
  })

  it('gives the library the defaults of `run`', () => {
    const { scenario, protocol, baseline } = readRunOptions({}, {}).experiment
    assert.deepEqual(experimentOf({}), { scenario, protocol, baseline })
  })

  it('has help texts in one style', () => {
    for (const [key, { help }] of Object.entries<Option>(options)) {
      assert.match(help, /^[A-Z].*\.$/, key)
      assert.doesNotMatch(help, /\bdefaults? (is|to)\b|\bin (ms|s)\b|[^.]\. [a-z]/, key)
    }
  })

  it('has unique flag names in each command, and only flags of commands that exist', () => {
    for (const name of Object.keys(commands)) {
      const names = flagsOf(name).map((flag) => flag.name)
      assert.deepEqual(names, [...new Set(names)], name)
    }
    for (const { commands: takers = [] } of Object.values<Option>(options))
      for (const taker of takers) assert.ok(taker in commands, taker)
  })
})

describe('the bounds of an option', () => {
  /** Texts at the bounds of a number, and just outside of them. */
  function bounds({ schema }: Pick<Option, 'schema'>) {
    const [, min, max] = /^([\d.]+) to ([\d.]+)$/.exec(acceptedBy(schema).values ?? '') ?? []
    if (min === undefined || max === undefined) return undefined
    return { inside: [min, max], outside: [`${Number(max) + 1}`, ...(Number(min) > 0 ? ['0'] : [])] }
  }
  const numbers = Object.keys(commands).flatMap((command) =>
    flagsOf(command).flatMap((flag) => {
      const known = bounds(flag)
      return known ? [{ command: command as FlagCommand, flag, ...known }] : []
    }),
  )

  it('apply to every flag', () => {
    assert.ok(numbers.length > 30, `${numbers.length}`)
    for (const { command, flag, inside, outside } of numbers) {
      for (const text of inside) readFlags(command, { [flag.name]: text })
      for (const text of outside) refuses(() => readFlags(command, { [flag.name]: text }))
    }
  })

  it('apply to every library option', () => {
    const scenario = numbers.filter(({ command, flag }) => command === 'run' && flag.inScenario)
    assert.ok(scenario.length >= 10)
    // Without a rate there is no limit of open streams, and without a closed loop there are no sessions.
    const loops: Readonly<Record<string, object>> = { maxStreams: { rate: '1/s', total: 5 }, turns: { total: 5 } }
    for (const { flag, inside, outside } of scenario) {
      const needed = loops[flag.key] ?? {}
      for (const text of inside) experimentOf({ ...needed, [flag.key]: Number(text) })
      for (const text of outside) refuses(() => experimentOf({ [flag.key]: Number(text) }))
      refuses(() => experimentOf({ [flag.key]: inside[0] }))
    }
  })
})

describe('--help', () => {
  const isListed = (help: string, { name }: Flag) => new RegExp(`^ +--${name}\\b`, 'm').test(help)

  it('lists every command on the first page', async () => {
    const { status, stdout } = await runCli(['--help'])
    assert.equal(status, 0)
    for (const name of Object.keys(commands)) assert.match(stdout, new RegExp(`^ +ccr-sse-stress ${name}\\b`, 'm'))
  })

  for (const name of Object.keys(commands))
    it(`of \`${name}\` shows each flag in its group, with unit, default and examples, at most 100 columns wide`, async () => {
      const { status, stdout, stderr } = await runCli([name, '--help'])
      assert.deepEqual([status, stderr], [0, ''])
      for (const flag of flagsOf(name)) {
        assert.ok(isListed(stdout, flag), flag.name)
        assert.ok(stdout.includes(`${flag.group}:\n`), flag.group)
      }
      assert.match(stdout, /^Examples:$/m)
      assert.doesNotMatch(stdout, /\[string\]\n +--|default: none|undefined/)
      for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line)
      if (name === 'run') assert.match(stdout, /Time between two deltas\. \[ms\] \[default: 50\]/)
      if (name === 'run') assert.match(stdout, /\[cores\] \[if not set: testcontainers: 1\]/)
    })
})

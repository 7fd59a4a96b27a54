import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { describeProblem, UsageError } from '../src/base/errors.ts'
import { commands } from '../src/cli/command-line.ts'
import { flagsOf, readFlags } from '../src/options/flags.ts'
import type { FlagCommand } from '../src/options/option.ts'
import { contradictions } from '../src/options/run-rules.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...globSync('docs/*.md', { cwd: root }),
]
const scripts: Readonly<Record<string, string>> = JSON.parse(read('package.json')).scripts
const commandNames = Object.keys(commands)

/** The commands in a page's shell blocks: without comments, with continued lines joined, and with pipes split. */
function shellCommands(page: string): readonly string[] {
  return [...read(page).matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block
      .replace(/\\\n/g, ' ')
      .replace(/\|\n/g, '| ')
      .split('\n')
      .flatMap((line) => line.split(/ \| | && /))
      .map((line) => line.replace(/(^|\s)# .*$/, '').trim())
      .filter((line) => line !== ''),
  )
}

/** The words of a documented command that runs the harness; undefined if it runs another program. */
function harnessWords(command: string): readonly string[] | undefined {
  const args = (command.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((text) => text.replace(/^(['"])(.*)\1$/, '$2'))
  const text = args.join(' ')
  if (text === 'npm start') return ['run']
  if (text.startsWith('npm start -- ')) return ['run', ...args.slice(3)]
  if (text.startsWith('npx ccr-sse-stress ')) return args.slice(2)
  const cli = args.indexOf('cli')
  if (args[0] === 'npm' && args[1] === 'run' && cli > 0) return args.slice(cli + 2)
  return undefined
}

/** The problems of a documented command line, according to the tables that the program itself uses. */
function problemsOf([name = '', ...args]: readonly string[]): readonly string[] {
  if (!commandNames.includes(name)) return [`${name}: not a command`]
  const flags = flagsOf(name)
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  for (let at = 0; at < args.length; at++) {
    const [, flag, inline] = /^--([^=]+)(?:=(.*))?$/.exec(args[at] as string) ?? []
    if (flag === undefined) continue
    const entry = flags.find((known) => known.name === flag)
    if (!entry) problems.push(`--${flag}: not a flag of ${name}`)
    else if (entry.kind === 'switch') values[flag] = true
    else {
      const value = inline ?? args[++at]
      values[flag] = values[flag] === undefined ? value : [values[flag], value].flat()
    }
  }
  try {
    if (name === 'run') {
      const read = readFlags('run', values)
      const all = read.gateways.flatMap((gateway) => contradictions({ ...read, gateway }))
      problems.push(...all.map(describeProblem))
    } else readFlags(name as FlagCommand, values)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    problems.push(error.message)
  }
  return problems
}

test('the README has at most 200 lines', () => {
  assert.ok(read('README.md').trimEnd().split('\n').length <= 200)
})

test('every documented command line of the harness is valid', () => {
  const documented = pages.flatMap((page) =>
    shellCommands(page).flatMap((command) => {
      const args = harnessWords(command)
      return args ? [{ page, command, args }] : []
    }),
  )
  assert.ok(documented.length > 20, `only ${documented.length} commands found`)
  const wrong = documented.flatMap(({ page, command, args }) =>
    problemsOf(args).map((problem) => `${page}: ${command}: ${problem}`),
  )
  assert.deepEqual(wrong, [])
})

test('an invalid documented command line is detected', () => {
  for (const args of [
    'runs',
    'run --strems 1',
    'run --streams many',
    'mock --toxic latency=1ms',
    'run --fault nope',
    'run --ccr-cpus 1',
  ])
    assert.notDeepEqual(problemsOf(args.split(' ')), [], args)
})

test('every file of this repository that the documentation names exists', () => {
  for (const page of pages) {
    for (const [, file = ''] of read(page).matchAll(
      /`((?:\.ci|bench|config|docs|examples|src|test|tools)\/[\w./-]*)`/g,
    ))
      assert.ok(existsSync(join(root, file)), `${page}: ${file}`)
  }
})

test('every npm script that the documentation names exists', () => {
  for (const page of pages) {
    for (const [, script = ''] of read(page).matchAll(/npm run (?:-s )?([a-z][a-z:]*)/g))
      assert.ok(script in scripts, `${page}: npm run ${script}`)
  }
})

test('every flag that the documentation names is a flag of some command', () => {
  const known = new Set([...commandNames.flatMap((name) => flagsOf(name).map((flag) => flag.name)), 'help', 'version'])
  /** Flags of other programs (docker compose, npm, cargo, Node.js, the benchmark), and the form of an error message. */
  const foreign = [
    'build',
    'abort-on-container-exit',
    'no-log-prefix',
    'build-context',
    'build-arg',
    'rm',
    'release',
    'save-dev',
    'rounds',
    'hold-s',
    'max-semi-space-size',
    'test',
    'flag',
  ]
  for (const page of pages) {
    for (const [, flag = ''] of read(page).matchAll(/(?<![\w-])--([a-z][a-z-]*[a-z])/g))
      assert.ok(known.has(flag) || foreign.includes(flag), `${page}: --${flag}`)
  }
})

test('every link of the documentation to this repository leads to a file, and to a heading of it', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  const headings = (file: string) => [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => slug(text))
  for (const page of pages) {
    for (const [, link = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      assert.ok(existsSync(join(root, file)), `${page}: ${link}`)
      if (anchor) assert.ok(headings(file).includes(anchor), `${page}: ${link}`)
    }
  }
})

test('the layout table of ARCHITECTURE has the folders and their order', () => {
  const [, layers = ''] = /const layers = \[\n(.*?)\n\]/s.exec(read('tools/layers.ts')) ?? []
  const inLayers = [...layers.matchAll(/'([a-z]+)'/g)].map(([, folder]) => folder)
  const inTable = [...read('ARCHITECTURE.md').matchAll(/^\| `([a-z]+)\/` /gm)].map(([, folder]) => folder)
  assert.deepEqual(inTable, inLayers)
})

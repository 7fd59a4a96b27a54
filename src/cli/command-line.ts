import yargs from 'yargs'
import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { version } from '../base/version.ts'
import { declareFlags } from '../options/flag-table.ts'
import {
  checkFlags,
  cleanupFlags,
  conformFlags,
  gatewayFlags,
  mockFlags,
  proxyFlags,
  runFlags,
  stressFlags,
} from '../options/flags.ts'

type Argv = Readonly<Record<string, unknown>>

/** One command. Its operands may be left out. */
interface Command {
  readonly describe: string
  readonly flags: Parameters<typeof declareFlags>[1]
  readonly operands?: readonly { readonly name: string; readonly describe: string }[]
  readonly load: () => Promise<(argv: Argv) => Promise<number>>
}

/** Every command: what `--help` says of it, its flags, and what it does, loaded only where it is asked for. */
const commands = {
  run: {
    describe: 'the whole test: starts a mock, a gateway and the streams, prints the report, tears all down',
    flags: runFlags,
    load: async () => (await import('./run.ts')).runCommand,
  },
  stress: {
    describe: 'the client alone, against any URL',
    flags: stressFlags,
    load: async () => (await import('./stress.ts')).stressCommand,
  },
  mock: {
    describe: 'the provider alone, until a signal ends it',
    flags: mockFlags,
    load: async () => (await import('./mock.ts')).mockCommand,
  },
  gateway: {
    describe: 'the embedded reference gateway alone, until a signal ends it',
    flags: gatewayFlags,
    load: async () => (await import('./gateway.ts')).gatewayCommand,
  },
  gateways: {
    describe: 'the gateways that can be tested: lists them, or installs one',
    flags: {},
    operands: [
      { name: 'action', describe: 'list, or install' },
      { name: 'name', describe: 'which one to install' },
    ],
    load: async () => (await import('./gateways.ts')).gatewaysCommand,
  },
  proxy: {
    describe: 'a TCP proxy that harms what passes (latency, bandwidth, resets), until a signal ends it',
    flags: proxyFlags,
    load: async () => (await import('./proxy.ts')).proxyCommand,
  },
  conform: {
    describe: 'the whole detection matrix through one gateway, fault by fault, with a table as its result',
    flags: conformFlags,
    load: async () => (await import('./conform.ts')).conformCommand,
  },
  faults: {
    describe: 'lists what the mock can do wrong',
    flags: {},
    load: async () => (await import('./faults.ts')).faultsCommand,
  },
  check: {
    describe: 'validates a captured SSE stream, of a file or of stdin',
    flags: checkFlags,
    operands: [
      { name: 'file', describe: 'file with the body of the answer, as `curl -N` writes it; - or none: stdin' },
    ],
    load: async () => (await import('./check.ts')).checkCommand,
  },
  cleanup: {
    describe: 'removes the containers that a killed run left in Docker',
    flags: cleanupFlags,
    load: async () => (await import('./cleanup.ts')).cleanupCommand,
  },
  doctor: {
    describe: 'says what this machine can hold, and what to raise',
    flags: {},
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
} as const satisfies Readonly<Record<string, Command>>

/** Runs the command that the words name and gives its exit status; `--help` and `--version` print and give 0. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  let status: Promise<number> | undefined
  const parser = yargs([...words])
    .scriptName('ccr-sse-stress')
    .usage(
      '$0 <command> [flags]\n\nOpens many concurrent SSE streams through an LLM gateway and proves that each arrived whole.',
    )
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .strict()
    .demandCommand(1, 1, 'a command is missing', 'one command at a time')
    .version(version)
    .help()
    .exitProcess(false)
    .fail((message, error) => {
      // What yargs itself found wrong with the words; anything else is a command that failed.
      if (error && error.name !== 'YError') throw error
      throw new UsageError([{ where: 'command line', message: explain(message || error.message, words) }])
    })
  for (const [name, { describe, flags, operands = [], load }] of Object.entries<Command>(commands)) {
    parser.command(
      [name, ...operands.map((operand) => `[${operand.name}]`)].join(' '),
      describe,
      (command) => {
        for (const operand of operands) command.positional(operand.name, { type: 'string', describe: operand.describe })
        return declareFlags(command, flags)
      },
      (argv: Argv) => {
        const [, ...others] = argv['_'] as readonly string[]
        // What stands after `--` is strict about nothing.
        if (others.length > 0)
          throw new UsageError([{ where: 'command line', message: 'takes only flags', got: others.join(' ') }])
        status = load().then((act) => act(argv))
      },
    )
  }
  await parser.parseAsync()
  return (await status) ?? 0
}

/** Adds the nearest name to what yargs says of an unknown one. */
function explain(message: string, words: readonly string[]): string {
  const unknown = /^Unknown (?:argument|command)s?: (.+)$/.exec(message)?.[1]?.split(', ') ?? []
  const command = words.find((word) => word in commands) as keyof typeof commands | undefined
  const names = command ? Object.keys(commands[command].flags) : Object.keys(commands)
  const hints = unknown.flatMap((name) => nearest(name, names) ?? []).map((name) => (command ? `--${name}` : name))
  return hints.length > 0 ? `${message}; did you mean ${hints.join(', ')}?` : `${message}; --help lists what there is`
}

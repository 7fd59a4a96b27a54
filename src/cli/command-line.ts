import yargs from 'yargs'
import { UsageError } from '../base/errors.ts'
import { version } from '../base/version.ts'
import { declareFlags, flagsOf } from '../options/flags.ts'
import { wordsWithoutSecrets } from '../options/request-headers.ts'
import { withoutSecrets } from '../process/secrets.ts'
import { explainMistake, operandsIn } from './usage-mistake.ts'

type Argv = Readonly<Record<string, unknown>>

/** One command. Its operands are optional. */
interface Command {
  readonly describe: string
  readonly examples: readonly (readonly [command: string, description: string])[]
  readonly operands?: readonly { readonly name: string; readonly describe: string; readonly isList?: boolean }[]
  /** Imports the command when it is needed. */
  readonly load: () => Promise<(argv: Argv) => Promise<number>>
}

/** Every command, in the order of `--help`. Its flags are those of the options table. */
export const commands: Readonly<Record<string, Command>> = {
  run: {
    describe: 'Run the complete test: start a mock and a gateway, load the gateway, print the report.',
    examples: [
      ['run', '100 streams through ccr-rust, or through the reference gateway if there is no ccr-rust'],
      ['run --streams 1000 --delay-ms 200 --ccr-bin ./ccr-rust', '1000 streams through a ccr-rust binary'],
      ['run --gateway envoy --protocol openai-chat-completions', '100 streams through an installed gateway'],
      ['run --scenario spike', 'A ready scenario; a path such as ./load.yml runs a scenario file'],
      ['run --topology compose --ccr-cpus 0.5', 'The same test in containers, with a CPU limit'],
      ['run --gateway reference,envoy --repeat 5', 'Two gateways in turn, in five rounds, in one table'],
      ['run --against results-of-main --allow 5%', 'Fail if it is slower than these runs'],
      ['run --fault truncate@50%:0.05 --client-fault abort@50%:0.1', 'With faults in the mock and in the clients'],
    ],
    load: async () => (await import('./run.ts')).runCommand,
  },
  stress: {
    describe: 'Load any URL with the client alone.',
    examples: [
      ['stress --ccr-url http://127.0.0.1:8080 --streams 50', 'Load a gateway that is already running'],
      ['stress --protocol openai-responses --json-out report.json', 'In another protocol, with a JSON report'],
    ],
    load: async () => (await import('./stress.ts')).stressCommand,
  },
  report: {
    describe: 'Print the reports of stored runs again, without a gateway. Always exits with 0, whatever the verdicts.',
    operands: [{ name: 'folders', describe: 'Run folders, such as results/latest', isList: true }],
    examples: [
      ['report results/latest', 'What the last run printed'],
      ['report results/latest --report full', 'Every section'],
      ['report results/latest --json-out report.json', 'As JSON'],
    ],
    load: async () => (await import('./report.ts')).reportCommand,
  },
  merge: {
    describe: 'Merge the stored runs of several runners of one load into one run, and judge it.',
    operands: [{ name: 'folders', describe: 'Run folders of `stress`, one of each runner', isList: true }],
    examples: [
      ['merge results-a/latest results-b/latest --out results', 'Two processes or machines that loaded one gateway'],
    ],
    load: async () => (await import('./merge.ts')).mergeCommand,
  },
  compare: {
    describe: 'Compare stored runs, metric by metric. The exit status is 1 if NEW is worse than BASE.',
    operands: [
      { name: 'base', describe: 'Run folder, folder of run folders, or several separated by commas' },
      { name: 'new', describe: 'The same, of the gateway that may have changed' },
    ],
    examples: [
      ['compare results/20261126-132156-d7362f results/latest', 'Two runs'],
      ['compare results-of-main results-of-branch --allow 5%', 'Several runs of each, with 5 % accepted'],
      ['compare base new --allow ttft.p99=10% --format markdown', 'As a comment on a pull request'],
    ],
    load: async () => (await import('./compare.ts')).compareCommand,
  },
  capacity: {
    describe: 'Find the largest number of streams, or rate, that a gateway handles within the thresholds.',
    examples: [
      ['capacity', 'Streams through ccr-rust, or through the reference gateway if there is no ccr-rust'],
      ["capacity --threshold 'ttft.p99 < 250ms' --from 50 --to 2000", 'With your own limit and range'],
      ['capacity --of rate --from 5/s --to 500/s', 'Starts per second, whatever became of the streams before'],
      ['capacity --resume results/latest --precision 2%', 'Continue a search'],
    ],
    load: async () => (await import('./capacity.ts')).capacityCommand,
  },
  conform: {
    describe: 'Test how a gateway handles every fault, and print the result as a table.',
    examples: [
      ['conform', 'The complete detection matrix'],
      ['conform --gateway litellm --junit-out conform.xml', 'An installed gateway, with the result for CI'],
      ['conform --only truncate --only reset', 'Two faults only'],
    ],
    load: async () => (await import('./conform.ts')).conformCommand,
  },
  check: {
    describe: 'Validate a recorded SSE stream.',
    operands: [
      { name: 'file', describe: 'File with a response body, as `curl -N` writes it; stdin if it is - or missing' },
    ],
    examples: [
      ['check --protocol anthropic-messages answer.sse', 'Check a file'],
      ['check --events answer.sse', 'Print the events of a file as JSON lines'],
    ],
    load: async () => (await import('./check.ts')).checkCommand,
  },
  mock: {
    describe: 'Run only the mock provider, until SIGINT or SIGTERM.',
    examples: [
      ['mock --port 9999 --chunks 100 --delay-ms 20', 'Answers of 100 deltas, 20 ms apart'],
      ['mock --fault http-500:0.1', 'Answer one request in ten with status 500'],
    ],
    load: async () => (await import('./mock.ts')).mockCommand,
  },
  gateway: {
    describe: 'Run only the embedded reference gateway, until SIGINT or SIGTERM.',
    examples: [
      ['gateway', 'On port 3456, in front of a mock on port 9999'],
      ['gateway --port 8080 --upstream http://127.0.0.1:9000/v1', 'On port 8080, in front of a provider on port 9000'],
    ],
    load: async () => (await import('./gateway.ts')).gatewayCommand,
  },
  proxy: {
    describe: 'Run a TCP proxy that adds latency, limits bandwidth or cuts connections, until SIGINT or SIGTERM.',
    examples: [
      ['proxy --toxic latency=20ms,jitter=5ms', 'Delay what the gateway on port 3456 sends'],
      ['proxy --upstream http://127.0.0.1:9999 --toxic reset_peer=500ms,toxicity=0.1', 'Reset one connection in ten'],
    ],
    load: async () => (await import('./proxy.ts')).proxyCommand,
  },
  gateways: {
    describe: 'List the gateways that can be tested, or install one.',
    operands: [
      { name: 'action', describe: 'list or install' },
      { name: 'name', describe: 'Gateway to install' },
    ],
    examples: [
      ['gateways list', 'All gateways, with version and supported protocols'],
      ['gateways install envoy', 'Install a gateway'],
    ],
    load: async () => (await import('./gateways.ts')).gatewaysCommand,
  },
  scenarios: {
    describe: 'List the ready scenarios, each with the question that it answers.',
    examples: [['scenarios', 'All ready scenarios, for `run --scenario NAME`']],
    load: async () => (await import('./scenarios.ts')).scenariosCommand,
  },
  faults: {
    describe: 'List the faults that the mock can inject.',
    examples: [['faults', 'All faults, with their positions']],
    load: async () => (await import('./faults.ts')).faultsCommand,
  },
  doctor: {
    describe: 'Show how many streams this machine can hold, and which limits to raise.',
    examples: [['doctor', 'Limits of descriptors, ports, memory and Docker']],
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  cleanup: {
    describe: 'Remove the containers and temporary folders that killed runs left behind.',
    examples: [
      ['cleanup', 'Remove containers and temporary folders of runs that have ended'],
      ['cleanup --all', 'Remove the containers of every run'],
    ],
    load: async () => (await import('./cleanup.ts')).cleanupCommand,
  },
}

/** Runs a command line and returns its exit status. `--help` and `--version` print to stdout and return 0. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  let status: Promise<number> | undefined
  const { words: plain, off } = withPlainSwitches(words)
  const parser = yargs(plain)
    .scriptName('ccr-sse-stress')
    .usage(
      '$0 <command> [flags]\n\nOpens many concurrent SSE streams through an LLM gateway and verifies every delta of each.',
    )
    .epilog('Run `$0 <command> --help` for the flags of a command.')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .wrap(Math.min(100, process.stdout.columns || 100))
    .strict()
    .demandCommand(1, 1, 'a command is missing', 'one command at a time')
    .version(version)
    .help()
    .exitProcess(false)
    .fail((message, error) => {
      // Anything but an error of yargs comes from the command itself.
      if (error && error.name !== 'YError') throw error
      throw new UsageError([explainMistake(message || error.message, words, Object.keys(commands))])
    })
  for (const [name, { describe, examples, operands = [], load }] of Object.entries(commands)) {
    const usage = [name, ...operands.map((operand) => `[${operand.name}${operand.isList ? '..' : ''}]`)].join(' ')
    parser.command(
      usage,
      describe,
      (command) => {
        command
          .usage(`$0 ${usage}${flagsOf(name).length > 0 ? ' [flags]' : ''}\n\n${describe}`)
          .epilog('')
          .hide('version')
        for (const operand of operands) command.positional(operand.name, { type: 'string', describe: operand.describe })
        for (const [example, description] of examples) command.example(`$0 ${example}`, description)
        return declareFlags(command, name)
      },
      (argv: Argv) => {
        const [, ...others] = argv['_'] as readonly string[]
        // `strict` ignores what follows `--`.
        if (others.length > 0)
          throw new UsageError([
            {
              where: 'command line',
              message: 'takes only flags',
              got: withoutSecrets(wordsWithoutSecrets(others).join(' ')),
            },
          ])
        status = load().then((act) => act({ ...argv, ...off }))
      },
    )
  }
  const { help, version: isVersion } = await parser.parseAsync()
  // yargs counts words after `--` as a command, but runs none.
  if (operandsIn(words).length === 0 && help !== true && isVersion !== true)
    throw new UsageError([explainMistake('', words, Object.keys(commands))])
  return (await status) ?? 0
}

/**
 * The words with plain switches: `--name=true` or `--name true` becomes `--name`, and one with `false` is removed, but overrides a
 * scenario file. Scripts that were written for yargs' own booleans use these forms.
 */
function withPlainSwitches(words: readonly string[]): {
  readonly words: readonly string[]
  readonly off: Readonly<Record<string, false>>
} {
  const flags = flagsOf(operandsIn(words)[0] ?? '')
  const switches = new Set(flags.filter(({ kind }) => kind === 'switch').map(({ name }) => `--${name}`))
  const plain: string[] = []
  const off: Record<string, false> = {}
  for (let i = 0; i < words.length; i++) {
    const argument = words[i] as string
    if (argument === '--') return { words: [...plain, ...words.slice(i)], off }
    const [, name = argument, joined] = /^(--[^=]+)=(true|false)$/.exec(argument) ?? []
    if (!switches.has(name)) {
      plain.push(argument)
      continue
    }
    const next = words[i + 1]
    const isNextValue = joined === undefined && (next === 'true' || next === 'false')
    if (isNextValue) i++
    if ((isNextValue ? next : joined) === 'false') off[name.slice(2)] = false
    else {
      plain.push(name)
      delete off[name.slice(2)]
    }
  }
  return { words: plain, off }
}

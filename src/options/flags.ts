import { baseUrl, count, number, oneOf, text, urlPath } from '../base/values.ts'
import { parseClientFault } from '../fault/client-fault.ts'
import { parseFault } from '../fault/parse-fault.ts'
import { installableNames } from '../gateways/gateway-table.ts'
import { contentChoices } from '../model/content.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { planLimits } from '../plan/key.ts'
import { parseHopToxic, parseToxic } from '../toxic/parse-toxic.ts'
import type { Values } from './flag-table.ts'
import { workers } from './workers.ts'

const port = count(1, 65535)
const serverPort = count(0, 65535)
const chunks = { describe: 'deltas in a stream', default: '20', schema: count(1, planLimits.chunks) } as const
const delayMs = {
  describe: 'time between two deltas, in ms',
  default: '50',
  schema: number(0, planLimits.delayMs),
} as const
const host = { describe: 'address to listen on', default: '127.0.0.1', schema: text } as const
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const logLevel = {
  describe: `least level of the log on stderr: ${logLevels.join(', ')}`,
  default: 'info',
  schema: oneOf(logLevels),
} as const

const fault = {
  describe:
    'what the mock does wrong, NAME[@POSITION][:SHARE] or NAME[@POSITION][#STREAM,...], such as truncate@50%:0.05; `faults` lists them',
  isList: true,
  parse: parseFault,
} as const

/** Flags of every load. */
const loadFlags = {
  streams: { describe: 'concurrent streams', default: '100', schema: count(1, 100_000) },
  'ramp-ms': {
    describe: 'time over which the starts are spread, in ms; 0: all at once',
    default: '0',
    schema: number(0, 3_600_000),
  },
  timeout: { describe: 'our deadline for one stream, in s', default: '120', schema: number(0.001, 86_400) },
  'idle-timeout': {
    describe: 'silence after which we give a stream up, no delta whatever else comes, in s',
    default: '60',
    schema: number(0.001, 86_400),
  },
  content: {
    describe: `what the answers are made of: ${contentChoices.join(', ')} (mixed: text, an eighth of it awkward; all: each sort as often)`,
    default: 'mixed',
    schema: oneOf(contentChoices),
  },
  fault,
  'client-fault': {
    describe:
      'what our own clients do wrong, abort, slow-read or stall-read as NAME[@POSITION][:SHARE]: abort@sent, @headers, @50%, @over',
    isList: true,
    parse: parseClientFault,
  },
  model: { describe: 'model to ask for, as the gateway routes it', default: 'mock,mock-model', schema: text },
  'max-tokens': { describe: 'max_tokens of each request, in tokens', default: '4096', schema: count(1, 10_000_000) },
  seed: {
    describe: 'seed of all that is random; the same seed gives the same texts',
    default: '1',
    schema: count(0, 4_294_967_295),
  },
  'first-stream': {
    describe: 'number of the first stream: with --streams 1, one stream of another run again',
    default: '0',
    schema: count(0, 1_000_000),
  },
  workers: {
    describe:
      'threads that open the streams, and processes of a mock that we start; auto: one for each 30,000 planned events a second, one core left over; what is found does not depend on it',
    default: 'auto',
    schema: workers,
  },
  out: { describe: 'folder that gets a folder for each run', default: 'results', schema: text },
  'json-out': { describe: 'file to write the report to as JSON', schema: text },
  protocol: {
    describe: `protocol to speak: ${protocolNames.join(', ')}`,
    default: 'anthropic-messages',
    schema: oneOf(protocolNames),
  },
} as const

/** Flags of `run`. */
export const runFlags = {
  ...loadFlags,
  model: {
    ...loadFlags.model,
    describe: 'model to ask for, as the gateway routes it; where not given, one of `gateways list` has its own',
  },
  protocol: {
    ...loadFlags.protocol,
    describe: `${loadFlags.protocol.describe}; where not given, one of \`gateways list\` has its first`,
  },
  chunks,
  'delay-ms': delayMs,
  'mock-port': { describe: 'port of the mock', default: '9999', schema: port },
  'ccr-port': { describe: 'port of the gateway', default: '3456', schema: port },
  topology: {
    describe:
      'where it runs: local (processes of this machine), compose (containers of docker-compose.yml), testcontainers (the same, by that library), standing (what another has started)',
    default: 'local',
    schema: oneOf(['local', 'compose', 'testcontainers', 'standing']),
  },
  gateway: {
    describe:
      'gateway to test: ccr-rust, reference, direct (none, straight to the mock), auto (ccr-rust where one is found, else the reference gateway), or one that `gateways list` has',
    default: 'auto',
    schema: oneOf(['auto', 'ccr-rust', 'reference', 'direct', ...installableNames]),
  },
  'ccr-url': { describe: 'base URL of a standing gateway', schema: baseUrl },
  'mock-url': { describe: 'base URL of a standing mock', schema: baseUrl },
  'load-url': {
    describe: 'where the streams go instead, a proxy before a standing gateway',
    schema: baseUrl,
  },
  toxic: {
    describe:
      'what is wrong with the wire, HOP:NAME=VALUE[,attribute=value...] with runner-gateway or gateway-mock as HOP, such as gateway-mock:latency=20ms; several act in their order',
    isList: true,
    parse: parseHopToxic,
  },
  wire: {
    describe: 'a toxic that stands on the wire of a standing topology already, for the report to say; as --toxic',
    isList: true,
    parse: parseHopToxic,
  },
  'health-path': {
    describe: 'path at which a standing gateway answers 200 once it is ready',
    default: '/health',
    schema: urlPath,
  },
  'ccr-bin': { describe: 'binary of ccr-rust (env CCR_BIN)', schema: text },
  'ccr-source': {
    describe: 'source folder of ccr-rust, built where it is not; with compose also a git URL (env CCR_SOURCE)',
    schema: text,
  },
  'ccr-cpus': {
    describe: 'cores that the gateway is held to, in containers (testcontainers: 1 where not given)',
    schema: number(0.01, 1024),
  },
  'ccr-memory-mb': {
    describe: 'memory that the gateway is held to, in containers, in MB (testcontainers: 512 where not given)',
    schema: count(6, 16_777_216),
  },
  'ccr-pids': {
    describe: 'processes and threads that the gateway is held to, in containers (8192 where not given)',
    schema: count(1, 4_194_304),
  },
  'drain-limit': {
    describe: 'how long what the load leaves behind may take to go, in s; 0: nobody looks',
    default: '10',
    schema: number(0, 3600),
  },
  baseline: {
    describe:
      'insist on the same load straight to the mock, before and after, which is done unless told otherwise: refused where it would not be',
    isSwitch: true,
  },
  'no-baseline': {
    describe: 'leave out the same load straight to the mock, before and after: no overhead is told then',
    isSwitch: true,
  },
  'no-warm-up': { describe: 'leave out the streams that go first and are not counted', isSwitch: true },
} as const

/** The flags of `run`, checked one by one. */
export type RunValues = Values<typeof runFlags>

/** Flags of `stress`. */
export const stressFlags = {
  'ccr-url': { describe: 'base URL to aim at', default: 'http://127.0.0.1:3456', schema: baseUrl },
  ...loadFlags,
  'allow-remote': { describe: 'allow a target that is not this machine', isSwitch: true },
} as const

/** Flags of `conform`. */
export const conformFlags = {
  gateway: runFlags.gateway,
  topology: {
    describe: 'where it runs: local (processes of this machine) or standing (what another has started)',
    default: 'local',
    schema: oneOf(['local', 'standing']),
  },
  protocol: loadFlags.protocol,
  model: loadFlags.model,
  seed: loadFlags.seed,
  'idle-limit': {
    describe: 'silence that the gateway is told to bear, in s; a stream that lasts 5 s longer hangs',
    default: '30',
    schema: number(1, 3600),
  },
  load: {
    describe: 'clean streams that run beside each group of faults, of which none may be hurt',
    default: '0',
    schema: count(0, 10_000),
  },
  only: {
    describe: 'a fault to leave it at, or clean for the streams with none; may be given several times',
    isList: true,
    parse: (given: string): string => given,
  },
  'mock-port': runFlags['mock-port'],
  'ccr-port': runFlags['ccr-port'],
  'ccr-bin': runFlags['ccr-bin'],
  'ccr-url': runFlags['ccr-url'],
  'mock-url': runFlags['mock-url'],
  'health-path': runFlags['health-path'],
  'json-out': { describe: 'file to write the table to as JSON', schema: text },
  'junit-out': { describe: 'file to write the table to as JUnit XML', schema: text },
} as const

/** Flags of `check`. */
export const checkFlags = {
  protocol: {
    describe: `protocol whose rules to check: ${protocolNames.join(', ')}; without it, only --events`,
    schema: oneOf(protocolNames),
  },
  events: {
    describe: 'write each event as a line of JSON (type, data, lastEventId) to stdout, findings to stderr',
    isSwitch: true,
  },
  json: { describe: 'write what was found as JSON', isSwitch: true },
  all: { describe: 'Print every finding instead of the first three of each rule.', isSwitch: true },
} as const

/** Flags of `mock`. */
export const mockFlags = {
  port: { describe: 'port to listen on; 0: any free one', default: '9999', schema: serverPort },
  chunks,
  'delay-ms': delayMs,
  fault,
  workers: {
    describe: 'processes that serve on the one port, and count as one; auto: one',
    default: '1',
    schema: workers,
  },
  host,
  'log-level': logLevel,
} as const

/** Flags of `gateway`. */
export const gatewayFlags = {
  port: { describe: 'port to listen on; 0: any free one', default: '3456', schema: serverPort },
  host,
  upstream: {
    describe: 'base URL of the provider, /chat/completions is below it',
    default: 'http://127.0.0.1:9999/v1',
    schema: baseUrl,
  },
  'idle-limit-ms': {
    describe: 'silence of the provider after which a stream is ended with an error, in ms',
    default: '300000',
    schema: count(1, 86_400_000),
  },
  'log-level': logLevel,
} as const

/** Flags of `cleanup`. */
export const cleanupFlags = {
  all: { describe: 'remove those of processes that still run, or ran elsewhere, too', isSwitch: true },
} as const

/** Flags of `proxy`. */
export const proxyFlags = {
  port: { describe: 'port to listen on; 0: any free one', default: '3457', schema: serverPort },
  host,
  upstream: {
    describe: 'URL of the upstream, of which host and port are used',
    default: 'http://127.0.0.1:3456',
    schema: baseUrl,
  },
  toxic: {
    describe:
      'what is wrong with the wire, NAME=VALUE[,attribute=value...], such as latency=20ms,jitter=5ms; several act in their order',
    isList: true,
    parse: parseToxic,
  },
  seed: { ...loadFlags.seed, describe: 'seed of all that is random; connection n of a seed is always the same' },
  'log-level': logLevel,
} as const

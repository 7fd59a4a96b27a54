import { generateLoad, type Load, type LoadProgress, noProgress } from '../src/load/generator.ts'
import type { ProtocolName } from '../src/protocol/protocol.ts'
import type { StreamRecord } from '../src/record.ts'
import type { Scenario } from '../src/run.ts'

/** What a test's load differs in from one stream that may take 20 s. */
export interface LoadWish extends Partial<Scenario> {
  readonly protocol?: ProtocolName
  readonly signal?: AbortSignal
  readonly progress?: LoadProgress
}

/** Runs a load against a server. */
export function load(baseUrl: string, wish: LoadWish = {}): Promise<Load> {
  const { protocol = 'openai-chat-completions', signal, progress = noProgress(), ...scenario } = wish
  return generateLoad({
    target: { baseUrl, protocol },
    scenario: {
      streams: 1,
      rampMs: 0,
      timeoutS: 20,
      model: 'mock,mock-model',
      maxTokens: 64,
      seed: 7,
      warmUpStreams: 0,
      ...scenario,
    },
    userAgent: 'test',
    signal: signal ?? new AbortController().signal,
    progress,
  })
}

/** Runs one stream against a server. */
export async function loadOne(baseUrl: string, wish: LoadWish = {}): Promise<StreamRecord> {
  const [record] = (await load(baseUrl, wish)).records
  if (!record) throw new Error('the load brought no record')
  return record
}

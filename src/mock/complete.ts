import type { Request, Response } from 'express'
import type { Logger } from 'pino'
import { nowNs } from '../base/clock.ts'
import { isTooDeep } from '../base/json.ts'
import { type Body, type BodyLimits, readBody } from '../base/read-body.ts'
import { type FaultSpec, parsePlaced } from '../fault/parse-fault.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { PlanKey } from '../plan/key.ts'
import { parseAsk } from './ask.ts'
import { type Head, headOf } from './dialect.ts'
import { dialects } from './dialects.ts'
import { refuse, refuseBody } from './endpoints.ts'
import { faultFor, playingOf } from './faulty.ts'
import { fragmentsOf } from './fragments.ts'
import type { Ledger } from './ledger.ts'
import { play } from './play.ts'
import { playSteps } from './play-steps.ts'
import { asOne, type Replica } from './replica.ts'
import type { Wheel } from './wheel.ts'

/** The mock's command line: what is played to a prompt that carries no plan of its own. */
export interface DefaultPlan {
  readonly chunks: number
  readonly delayMs: number
}

/** What all requests share. */
export interface MockContext {
  readonly plan: DefaultPlan
  /** Faults of streams whose plan has none. */
  readonly faults: readonly FaultSpec[]
  readonly wheel: Wheel
  readonly ledger: Ledger
  /** Absent where this process is the whole mock. */
  readonly replica?: Replica
  readonly limits: BodyLimits
  readonly log: Logger
}

/** Deltas of a stream that is played step by step, each of which takes memory from its start. */
const mostFaultyChunks = 100_000

/** Levels that a body may nest: no request of a client has as many, and parsing costs memory for each. */
const maxDepth = 256

/** Answers one request for a completion. */
export async function complete(
  protocol: ProtocolName,
  { plan, faults, wheel, ledger, limits, replica }: MockContext,
  request: Request,
  response: Response,
): Promise<void> {
  const number = asOne(++ledger.requests, replica)
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    refuseBody(request, response, 415, `content-encoding ${encoding} is not supported; send the body unencoded`)
    return
  }
  const read = await readBody(request, limits)
  if (read === 'cut') return
  if (typeof read === 'string') {
    refuseBody(request, response, ...bodyProblem(read, limits))
    return
  }
  const body = parseJson(read.bytes)
  const ask = 'error' in body ? body.error : parseAsk(protocol, body.value)
  if (typeof ask === 'string') {
    refuse(response, 400, ask)
    return
  }
  const key: PlanKey = ask.key ?? { seed: 0, stream: 0 }
  const { chunks = plan.chunks, delayMs = plan.delayMs } = key
  const { model, includeUsage, promptTokens } = ask
  // A prompt without a plan says what it used by its own words.
  if (key.fault !== undefined && !parsePlaced(key.fault)) {
    refuse(response, 400, `the plan's fault ${key.fault} is not known here`)
    return
  }
  if (key.fault !== undefined && chunks > mostFaultyChunks) {
    refuse(response, 400, `a fault in a stream of ${chunks} deltas: at most ${mostFaultyChunks} where there is one`)
    return
  }
  const head = headOf({ key, model, chunks, includeUsage, ...(ask.key === undefined && { promptTokens }) })
  const { script, answer } = dialects[protocol]
  const headers = { 'X-Mock-Chunks': chunks, 'X-Mock-Delay-Ms': delayMs }
  if (!ask.stream) {
    response.set(asText(headers)).json(answer(head, textsOf(head)))
    return
  }
  const truth = ledger.attempted(key.seed, key.stream)
  const sse = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...asText(headers) }
  const fault = faultFor({ ...key, stream: ask.key ? key.stream : number }, faults)
  const playing = fault && playingOf(fault, protocol, head, sse)
  // The attempt before may have come to another process.
  const isAgain = async () => ((await replica?.attempts(key.seed, key.stream)) ?? truth.attempts) > 1
  if (playing && !(playing.fault.isOnce && (await isAgain()))) {
    truth.faulty++
    playSteps(response, { steps: playing.fault.apply(playing), delayMs, truth }, wheel, ledger)
    return
  }
  response.writeHead(200, sse)
  play(response, { script: script(head), key, blocks: head.blocks, delayMs, truth }, wheel, ledger)
}

/** What each part of an answer says, all of it. */
function textsOf({ key, blocks }: Head): readonly string[] {
  const fragments = fragmentsOf(key, blocks, nowNs)
  return blocks.map(({ from, to }) =>
    Array.from({ length: to - from }, () => fragments.next().value as string).join(''),
  )
}

function asText(headers: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function bodyProblem(body: Exclude<Body, object | 'cut'>, { sizeBytes, idleMs }: BodyLimits): [number, string] {
  switch (body) {
    case 'too-large':
      return [413, `the body is larger than ${sizeBytes} bytes`]
    case 'idle':
      return [408, `the body sent nothing for ${idleMs} ms`]
  }
}

function parseJson(bytes: Buffer): { readonly value: unknown } | { readonly error: string } {
  if (isTooDeep(bytes, maxDepth)) return { error: `the body nests deeper than ${maxDepth} levels` }
  try {
    return { value: JSON.parse(bytes.toString()) }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return { error: `the body is not JSON: ${cause.message}` }
  }
}

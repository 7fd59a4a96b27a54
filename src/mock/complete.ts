import type { Request, Response } from 'express'
import type { Logger } from 'pino'
import { nowNs } from '../base/clock.ts'
import { isTooDeep } from '../base/json.ts'
import { printable } from '../base/printable.ts'
import { type Body, type BodyLimits, readBody } from '../base/read-body.ts'
import { type FaultSpec, parsePlaced } from '../fault/parse-fault.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { PlanKey } from '../plan/key.ts'
import { answerHead, type Head } from './dialect.ts'
import { dialects } from './dialects.ts'
import { sendBodyError, sendError } from './endpoints.ts'
import { streamFragments } from './fragments.ts'
import type { Ledger } from './ledger.ts'
import { play } from './play.ts'
import { playSteps } from './play-steps.ts'
import { type Replica, uniqueNumber } from './replica.ts'
import { parseRequest } from './request.ts'
import { faultFor, faultySteps } from './stream-fault.ts'
import type { Wheel } from './wheel.ts'

/** The plan for prompts that contain none, from the mock's command line. */
export interface DefaultPlan {
  readonly chunks: number
  readonly delayMs: number
}

/** Shared by all requests. */
export interface MockContext {
  readonly plan: DefaultPlan
  /** Faults for streams whose plan has none. */
  readonly faults: readonly FaultSpec[]
  readonly wheel: Wheel
  readonly ledger: Ledger
  /** The name that `/health` repeats. */
  readonly instance?: string
  /** Undefined if this process is the entire mock. */
  readonly replica?: Replica
  readonly limits: BodyLimits
  /** Hosts under which clients reach this mock, in addition to its own names and addresses. */
  readonly allowedHosts: readonly string[]
  readonly log: Logger
}

/** Maximum number of deltas of a faulty stream, because all of its steps are kept in memory. */
const maxFaultyChunks = 100_000

/** Maximum number of deltas of an answer that is not a stream, because all of it is kept in memory. */
const maxWholeChunks = 10_000

/** Maximum nesting of a body: parsing costs memory for each level, and real requests have far fewer. */
const maxDepth = 256

/** Responds to one completion request. */
export async function complete(
  protocol: ProtocolName,
  { plan, faults, wheel, ledger, limits, replica }: MockContext,
  request: Request,
  response: Response,
): Promise<void> {
  const number = uniqueNumber(++ledger.requests, replica)
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    sendBodyError(request, response, 415, `content-encoding ${encoding} is not supported; send the body unencoded`)
    return
  }
  // A web page can send other types to any server without a CORS preflight.
  if (!isJsonType(request.headers['content-type'])) {
    const type = printable(request.headers['content-type'] ?? '(none)', 100)
    sendBodyError(request, response, 415, `content-type ${type} is not supported; send application/json`)
    return
  }
  const read = await readBody(request, limits)
  if (read === 'cut') return
  if (typeof read === 'string') {
    sendBodyError(request, response, ...bodyProblem(read, limits))
    return
  }
  const body = parseJson(read.bytes)
  const parsed = 'error' in body ? body.error : parseRequest(protocol, body.value)
  if (typeof parsed === 'string') {
    sendError(response, 400, parsed)
    return
  }
  const key: PlanKey = parsed.key ?? { seed: 0, stream: 0 }
  const { chunks = plan.chunks, delayMs = plan.delayMs } = key
  const { model, includeUsage, promptTokens } = parsed
  if (key.fault !== undefined && !parsePlaced(key.fault)) {
    sendError(response, 400, `unknown fault ${key.fault} in the plan`)
    return
  }
  if (key.fault !== undefined && chunks > maxFaultyChunks) {
    sendError(response, 400, `a stream with a fault may have at most ${maxFaultyChunks} deltas, not ${chunks}`)
    return
  }
  // Without a plan, each word of the prompt counts as one token.
  const plannedTokens = parsed.key === undefined ? promptTokens : undefined
  const head = answerHead({ key, model, chunks, includeUsage, promptTokens: plannedTokens })
  const { script, answer } = dialects[protocol]
  const headers = { 'X-Mock-Chunks': chunks, 'X-Mock-Delay-Ms': delayMs }
  if (!parsed.stream) {
    if (chunks > maxWholeChunks) {
      const limit = `may have at most ${maxWholeChunks} deltas, not ${chunks}`
      sendError(response, 400, `an answer that is not a stream ${limit}; send "stream": true`)
      return
    }
    response.set(asText(headers)).json(answer(head, textsOf(head)))
    return
  }
  const truth = ledger.attempted(key.seed, key.stream)
  const sse = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...asText(headers) }
  const fault = faultFor({ ...key, stream: parsed.key ? key.stream : number }, faults)
  const faulty = fault && faultySteps(fault, protocol, head, sse)
  // The previous attempt may have reached another process.
  const isRetry = async () => ((await replica?.attempts(key.seed, key.stream)) ?? truth.attempts) > 1
  if (faulty && !(faulty.fault.isOnce && (await isRetry()))) {
    truth.faulty++
    playSteps(response, { steps: faulty.fault.apply(faulty), delayMs, truth }, wheel, ledger)
    return
  }
  response.writeHead(200, sse)
  play(response, { script: script(head), key, blocks: head.blocks, delayMs, truth }, wheel, ledger)
}

/** Whether a content type is JSON, with any parameters. */
function isJsonType(contentType = ''): boolean {
  const essence = contentType.split(';', 1)[0]?.trim() ?? ''
  return /^application\/(?:json|[\w.-]{1,64}\+json)$/i.test(essence)
}

/** The complete text of each block of an answer. */
function textsOf({ key, blocks }: Head): readonly string[] {
  const fragments = streamFragments(key, blocks, nowNs)
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

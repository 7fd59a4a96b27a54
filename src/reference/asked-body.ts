import type { IncomingMessage } from 'node:http'
import { isTooDeep } from '../base/json.ts'
import { readBody } from '../base/read-body.ts'
import { parseObject } from '../protocol/protocol.ts'
import type { Experiment } from './asked.ts'
import type { Dialect } from './dialect.ts'
import type { Refusal } from './failure.ts'

/** Bytes that a request's body may have. */
const maxRequestBytes = 10 * 1024 * 1024
const maxDepth = 256

/** Reads what a client asks for; a refusal where it cannot be done, undefined where the client left before its body was whole. */
export async function readAsked(dialect: Dialect, request: IncomingMessage): Promise<Experiment | Refusal | undefined> {
  const body = await readBody(request, { sizeBytes: maxRequestBytes })
  if (body === 'too-large') return { status: 413, message: `the body has more than ${maxRequestBytes} bytes` }
  if (typeof body === 'string') return undefined
  if (isTooDeep(body.bytes, maxDepth)) return { status: 400, message: `the body nests deeper than ${maxDepth} levels` }
  const parsed = parseObject(body.bytes.toString())
  if (!parsed) return { status: 400, message: 'the body is no JSON object' }
  const asked = dialect.read(parsed)
  return 'problem' in asked ? { status: 400, message: asked.problem } : asked
}

import { z } from 'zod'
import {
  type ClientRequest,
  describeIssues,
  type InvalidRequest,
  modelSchema,
  routeModel,
  streamOptions,
} from './client-request.ts'

const schema = z.looseObject({
  model: modelSchema,
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  stream: z.boolean().nullish(),
  n: z.int().min(1).max(128).nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
})

/** Reads a chat completion request. Unknown members pass through. */
export function readChatRequest(body: object): ClientRequest | InvalidRequest {
  const parsed = schema.safeParse(body)
  if (!parsed.success) return describeIssues(parsed.error)
  const { stream, n, stream_options, ...rest } = parsed.data
  const model = routeModel(rest.model)
  const isStream = stream === true
  const options = isStream ? { ...streamOptions, stream_options: { ...stream_options, include_usage: true } } : {}
  return {
    chat: { ...rest, model, n: n ?? undefined, ...options },
    model,
    isStream,
    includeUsage: stream_options?.include_usage === true,
    choices: n ?? 1,
  }
}

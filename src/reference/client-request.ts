import { z } from 'zod'

/** A client's request, converted to a chat completion request. */
export interface ClientRequest {
  /** The body of the chat completion request to send. */
  readonly chat: object
  /** The model name for the upstream. */
  readonly model: string
  readonly isStream: boolean
  /** Whether the client requested the usage chunk. */
  readonly includeUsage: boolean
  /** Number of requested choices. */
  readonly choices: number
}

/** What is wrong with a request's body, in one line. */
export interface InvalidRequest {
  readonly problem: string
}

/** Routes `provider,model` as ccr-rust does: the part after the first comma is the upstream's model. */
export function routeModel(model: string): string {
  return model.slice(model.indexOf(',') + 1).trim()
}

/** The model of a request; its routed name must not be empty. */
export const modelSchema = z.string().refine((model) => routeModel(model) !== '', 'must name a model')

/** Options of every upstream stream: usage is always requested, as the gateway counts it. */
export const streamOptions = { stream: true, stream_options: { include_usage: true } } as const

/** Describes the first three violations of a body's schema. */
export function describeIssues(error: z.ZodError): InvalidRequest {
  const issues = error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
  return { problem: issues.join('; ') }
}

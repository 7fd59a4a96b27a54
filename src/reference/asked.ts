import { z } from 'zod'

/** What a client asked for, in the upstream's words. */
export interface Experiment {
  /** The body of the chat completion request to send. */
  readonly chat: object
  /** The model as the upstream knows it. */
  readonly model: string
  readonly isStream: boolean
  /** Whether the client wants the chunk with the usage. */
  readonly wantsUsage: boolean
  /** Choices asked for. */
  readonly choices: number
}

/** What is wrong with a request's body, in one line. */
export interface Misread {
  readonly problem: string
}

/** Routes `provider,model` as ccr-rust does: the part after the first comma goes upstream. */
export function routeModel(model: string): string {
  return model.slice(model.indexOf(',') + 1).trim()
}

/** The model of a request: a name, once it is routed. */
export const modelSchema = z.string().refine((model) => routeModel(model) !== '', 'names no model')

/** The options that every upstream stream gets: usage is always asked for, as the gateway counts it. */
export const streamOptions = { stream: true, stream_options: { include_usage: true } } as const

/** Says where a body goes against its schema, the first three places. */
export function describeIssues(error: z.ZodError): Misread {
  const issues = error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
  return { problem: issues.join('; ') }
}

import type { ProtocolName } from '../model/protocol-name.ts'
import { anthropicDialect } from './anthropic-dialect.ts'
import { chatDialect } from './chat-dialect.ts'
import type { Dialect } from './dialect.ts'
import { responsesDialect } from './responses-dialect.ts'

/** The dialect of each protocol. */
export const dialects: Readonly<Record<ProtocolName, Dialect>> = {
  'anthropic-messages': anthropicDialect,
  'openai-chat-completions': chatDialect,
  'openai-responses': responsesDialect,
}

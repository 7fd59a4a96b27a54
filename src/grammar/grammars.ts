import type { ProtocolName } from '../model/protocol-name.ts'
import { anthropicGrammar } from './anthropic-grammar.ts'
import { chatGrammar } from './chat-grammar.ts'
import type { Grammar, Report, RequestFacts } from './finding.ts'
import { responsesGrammar } from './responses-grammar.ts'

/** The grammar of each protocol. */
export const grammars: Readonly<Record<ProtocolName, (report: Report, facts?: RequestFacts) => Grammar>> = {
  'anthropic-messages': anthropicGrammar,
  'openai-chat-completions': chatGrammar,
  'openai-responses': responsesGrammar,
}

import { version } from '../../base/version.ts'
import type { RequestProfile } from './profile.ts'

const headers = { 'User-Agent': `ccr-sse-stress/${version}` } as const

/** The smallest valid request for a stream, from a client that names itself. */
export const minimal: RequestProfile = {
  'anthropic-messages': {
    headers: { ...headers, 'anthropic-version': '2023-06-01' },
    body: {
      model: '{model}',
      max_tokens: '{max_tokens}',
      messages: [{ role: 'user', content: '{prompt}' }],
      tools: ['{planned_tools}'],
      stream: true,
    },
  },
  'openai-chat-completions': {
    headers,
    body: {
      model: '{model}',
      messages: [{ role: 'user', content: '{prompt}' }],
      tools: ['{planned_tools}'],
      stream: true,
    },
    omitsUsage: true,
  },
  'openai-responses': {
    headers,
    body: { model: '{model}', input: '{prompt}', tools: ['{planned_tools}'], stream: true },
  },
}

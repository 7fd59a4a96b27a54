import { type RequestProfile, stainlessHeaders } from './profile.ts'

const openaiVersion = '6.9.1'
const anthropicVersion = '0.74.0'

/** Headers of OpenAI's TypeScript SDK. It accepts `application/json` for streams too. */
export const openaiHeaders = {
  Accept: 'application/json',
  'User-Agent': `OpenAI/JS ${openaiVersion}`,
  ...stainlessHeaders(openaiVersion),
} as const

/** The official TypeScript SDK of each protocol, with a short prompt and nothing optional but usage. */
export const sdk: RequestProfile = {
  'anthropic-messages': {
    headers: {
      Accept: 'application/json',
      'User-Agent': `Anthropic/JS ${anthropicVersion}`,
      ...stainlessHeaders(anthropicVersion),
      'anthropic-version': '2023-06-01',
    },
    body: {
      model: '{model}',
      max_tokens: '{max_tokens}',
      messages: [{ role: 'user', content: '{prompt}' }],
      tools: ['{planned_tools}'],
      stream: true,
    },
  },
  'openai-chat-completions': {
    headers: openaiHeaders,
    body: {
      model: '{model}',
      messages: [{ role: 'user', content: '{prompt}' }],
      max_tokens: '{max_tokens}',
      tools: ['{planned_tools}'],
      stream: true,
      stream_options: { include_usage: true },
    },
  },
  'openai-responses': {
    headers: openaiHeaders,
    body: {
      model: '{model}',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: '{prompt}' }] }],
      max_output_tokens: '{max_tokens}',
      tools: ['{planned_tools}'],
      stream: true,
    },
  },
}

import type { RequestProfile } from './profile.ts'
import { openaiHeaders } from './sdk.ts'

const instructions =
  'You are the assistant of a small shop. Answer briefly, and look up an article before you name its price.'

/** Strict schemas: every property is required, and no other is allowed. */
const lookUp = {
  name: 'look_up_article',
  description: 'Finds an article of the shop by its number.',
  parameters: {
    type: 'object',
    properties: {
      number: { type: 'string', description: 'The number of the article, such as A-1042.' },
      fields: { type: 'array', items: { type: 'string', enum: ['price', 'stock', 'weight'] } },
    },
    required: ['number', 'fields'],
    additionalProperties: false,
  },
  strict: true,
} as const

/** An application on OpenAI's SDK that uses what the API offers: instructions, content parts, strict tools, cache keys. */
export const openaiSdk: RequestProfile = {
  'openai-chat-completions': {
    headers: openaiHeaders,
    body: {
      model: '{model}',
      messages: [
        { role: 'developer', content: instructions },
        { role: 'user', content: [{ type: 'text', text: '{prompt}' }] },
      ],
      max_completion_tokens: '{max_tokens}',
      temperature: 0.2,
      tools: [{ type: 'function', function: lookUp }, '{planned_tools}'],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      store: false,
      prompt_cache_key: '{session}',
      safety_identifier: '{session}',
      stream: true,
      stream_options: { include_usage: true },
    },
  },
  'openai-responses': {
    headers: openaiHeaders,
    body: {
      model: '{model}',
      instructions,
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: '{prompt}' }] }],
      max_output_tokens: '{max_tokens}',
      temperature: 0.2,
      tools: [{ type: 'function', ...lookUp }, '{planned_tools}'],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      text: { format: { type: 'text' } },
      truncation: 'disabled',
      metadata: { session: '{session}' },
      store: false,
      prompt_cache_key: '{session}',
      safety_identifier: '{session}',
      stream: true,
    },
  },
}

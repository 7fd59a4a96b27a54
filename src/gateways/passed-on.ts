import type { GatewayDescriptor } from './descriptor.ts'

const model = 'mock,mock-model'

/** What a gateway speaks that knows of bytes alone: whatever the mock does. */
export const passesEachOn: GatewayDescriptor['protocols'] = {
  'anthropic-messages': { model },
  'openai-chat-completions': { model },
  'openai-responses': { model },
}

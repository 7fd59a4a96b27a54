import { dirname, join } from 'node:path'
import type { GatewayDescriptor } from './descriptor.ts'

/** Without these variables it downloads lists of models, posts and presets from its vendor's repository at start-up. */
const localData = Object.fromEntries(
  ['MODEL_COST_MAP', 'ANTHROPIC_BETA_HEADERS', 'BLOG_POSTS', 'AUTOROUTER_PRESETS', 'POLICY_TEMPLATES'].map((name) => [
    `LITELLM_LOCAL_${name}`,
    'True',
  ]),
)

/** LiteLLM's proxy, without keys, retries and telemetry. */
export const litellm: GatewayDescriptor = {
  product: 'LiteLLM',
  installation: { by: 'pypi', package: 'litellm', extras: 'proxy', version: '1.106.2', program: 'bin/litellm' },
  // It also has /v1/responses, but ends every stream there with a [DONE] that the protocol does not have.
  protocols: { 'anthropic-messages': { model: 'mock-vllm' }, 'openai-chat-completions': { model: 'mock-model' } },
  upstreamPath: '/v1',
  files: { 'config.yaml': 'litellm/config.yaml.template' },
  command: ({ program, port }) => ({
    command: join(dirname(program), 'python'),
    args: [program, '--config', 'config.yaml', '--host', '127.0.0.1', '--port', String(port), '--telemetry', 'False'],
    env: {
      ...localData,
      LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true',
      LITELLM_TELEMETRY: 'False',
      LITELLM_LOG: 'ERROR',
    },
  }),
  healthPath: '/health/liveliness',
  readyTimeoutMs: 120_000,
  activeStreams: { kind: 'json', path: '/health/backlog', member: 'in_flight_requests', own: 1, everyMs: 250 },
  idleSetting: 'request_timeout',
  settings: ['no retries, no cooldown, no API key'],
  streamsOnTwoCores: 100,
}

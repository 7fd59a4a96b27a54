import { dirname, join } from 'node:path'
import type { GatewayDescriptor } from './descriptor.ts'

/** Else it fetches lists of models, posts and presets from its maker's repository as it starts. */
const local = Object.fromEntries(
  ['MODEL_COST_MAP', 'ANTHROPIC_BETA_HEADERS', 'BLOG_POSTS', 'AUTOROUTER_PRESETS', 'POLICY_TEMPLATES'].map((name) => [
    `LITELLM_LOCAL_${name}`,
    'True',
  ]),
)

/** LiteLLM's proxy: no key, no retries, no telemetry. */
export const litellm: GatewayDescriptor = {
  product: 'LiteLLM',
  installation: { by: 'pypi', package: 'litellm', extras: 'proxy', version: '1.106.2', program: 'bin/litellm' },
  // It has /v1/responses too, and ends each stream there with a [DONE] that is none of that protocol's.
  protocols: { 'anthropic-messages': { model: 'mock-vllm' }, 'openai-chat-completions': { model: 'mock-model' } },
  upstreamPath: '/v1',
  files: { 'config.yaml': 'litellm/config.yaml.template' },
  command: ({ program, port }) => ({
    command: join(dirname(program), 'python'),
    args: [program, '--config', 'config.yaml', '--host', '127.0.0.1', '--port', String(port), '--telemetry', 'False'],
    env: {
      ...local,
      LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true',
      LITELLM_TELEMETRY: 'False',
      LITELLM_LOG: 'ERROR',
    },
  }),
  healthPath: '/health/liveliness',
  readyTimeoutMs: 120_000,
  activeStreams: { kind: 'json', path: '/health/backlog', member: 'in_flight_requests', own: 1, everyMs: 250 },
  idleSetting: 'request_timeout',
  settings: ['no retries, no cooldown, no key'],
  streamsOnTwoCores: 100,
}

import type { GatewayDescriptor } from './descriptor.ts'

/** claude-code-router: the Node.js original that ccr-rust is a port of. */
export const claudeCodeRouter: GatewayDescriptor = {
  product: 'claude-code-router',
  installation: {
    by: 'npm',
    package: '@musistudio/claude-code-router',
    version: '2.0.0',
    program: 'node_modules/@musistudio/claude-code-router/dist/cli.js',
  },
  protocols: { 'anthropic-messages': { model: 'mock,mock-model' } },
  upstreamPath: '/v1/chat/completions',
  files: { '.claude-code-router/config.json': 'claude-code-router/config.json.template' },
  command: ({ node, program }) => ({ command: node, args: [program, 'start'] }),
  healthPath: '/health',
  // It was seen not to end a silent stream for all that.
  idleSetting: 'API_TIMEOUT_MS',
  settings: [],
  streamsOnTwoCores: 500,
}

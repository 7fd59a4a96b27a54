import type { GatewayDescriptor } from './descriptor.ts'

/** claude-code-router: the Node.js original of ccr-rust. */
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
  command: ({ host, program }) => ({ command: host.cli.execPath, args: [program, 'start'] }),
  healthPath: '/health',
  // In our tests it did not end a silent stream despite this setting.
  idleSetting: 'API_TIMEOUT_MS',
  settings: [],
  streamsOnTwoCores: 500,
}

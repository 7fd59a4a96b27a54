import { fileURLToPath } from 'node:url'
import type { GatewayDescriptor } from './descriptor.ts'

const preload = fileURLToPath(new URL('../../config/gateways/portkey/preload.cjs', import.meta.url))

/** Portkey's gateway. A preload makes it listen on 127.0.0.1 only and sets the headers that name its provider. */
export const portkey: GatewayDescriptor = {
  product: 'Portkey',
  installation: {
    by: 'npm',
    package: '@portkey-ai/gateway',
    version: '1.15.2',
    // Newer versions that its package.json allows answer every streamed request with 500 (TypeError: immutable).
    overrides: { '@hono/node-server': '1.13.8' },
    program: 'node_modules/@portkey-ai/gateway/build/start-server.js',
  },
  protocols: {
    'openai-chat-completions': {
      model: 'mock-model',
      headers: {
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': '{{upstream}}',
        authorization: 'Bearer none',
      },
    },
  },
  upstreamPath: '/v1',
  files: {},
  command: ({ host, program, port, headers }) => ({
    command: host.cli.execPath,
    args: ['--require', preload, program, '--headless', `--port=${port}`],
    env: { NODE_ENV: 'production', REQUEST_HEADERS: JSON.stringify(headers) },
  }),
  healthPath: '/',
  settings: ['a preload limits it to 127.0.0.1 and sets its x-portkey headers', '@hono/node-server pinned to 1.13.8'],
  streamsOnTwoCores: 500,
}

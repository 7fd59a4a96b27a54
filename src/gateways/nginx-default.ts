import { everyProtocol, type GatewayDescriptor } from './descriptor.ts'
import { nginxCommand, nginxInstallation } from './nginx.ts'

/** nginx with its defaults, which buffer every response: a known-bad gateway for streams. */
export const nginxDefault: GatewayDescriptor = {
  product: 'nginx',
  variant: 'defaults, known-bad',
  installation: nginxInstallation,
  protocols: everyProtocol,
  upstreamPath: '',
  files: { 'nginx.conf': 'nginx-default/nginx.conf.template' },
  command: nginxCommand,
  idleSetting: 'proxy_read_timeout',
  ownIdleMs: 60_000,
  settings: ['defaults: responses buffered, 512 connections, HTTP/1.0 to the mock'],
  streamsOnTwoCores: 250,
}

import type { GatewayDescriptor } from './descriptor.ts'
import { nginxCommand, nginxInstallation } from './nginx.ts'
import { passesEachOn } from './passed-on.ts'

/** nginx with its defaults, which hold each answer back until it is whole: a known-bad gateway for streams. */
export const nginxDefault: GatewayDescriptor = {
  product: 'nginx',
  variant: 'its defaults, known-bad',
  installation: nginxInstallation,
  protocols: passesEachOn,
  upstreamPath: '',
  files: { 'nginx.conf': 'nginx-default/nginx.conf.template' },
  command: nginxCommand,
  idleSetting: 'proxy_read_timeout',
  ownIdleMs: 60_000,
  settings: ['defaults: answers buffered, 512 connections, HTTP/1.0 to the mock'],
  streamsOnTwoCores: 250,
}

import type { GatewayDescriptor, Installation, Starting } from './descriptor.ts'
import { passesEachOn } from './passed-on.ts'

/** How nginx comes onto this machine, tuned or not. */
export const nginxInstallation: Installation = { by: 'apt', package: 'nginx-light', program: 'nginx' }

/** nginx in the foreground, with all that it writes in its home. */
export function nginxCommand({ program, home, isRoot }: Starting) {
  // As root its workers would be nobody's, who can't enter a folder of the run.
  const user = isRoot ? ['-g', 'user root;'] : []
  return { command: program, args: ['-e', 'stderr', '-p', home, '-c', 'nginx.conf', ...user] }
}

/** nginx, tuned for streams: the floor of what a gateway costs. */
export const nginx: GatewayDescriptor = {
  product: 'nginx',
  variant: 'tuned',
  installation: nginxInstallation,
  protocols: passesEachOn,
  upstreamPath: '',
  files: { 'nginx.conf': 'nginx/nginx.conf.template' },
  command: nginxCommand,
  healthPath: '/health',
  activeStreams: { kind: 'stub_status', path: '/nginx_status', own: 1 },
  idleSetting: 'proxy_read_timeout',
  settings: ['one worker with 8,192 connections, no buffering, HTTP/1.1 to the mock, 512 connections kept'],
  streamsOnTwoCores: 4000,
}

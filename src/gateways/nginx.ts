import {
  type CommandInput,
  everyProtocol,
  type GatewayCommand,
  type GatewayDescriptor,
  type Installation,
} from './descriptor.ts'

/** The nginx package, used by both `nginx` and `nginx-default`. */
export const nginxInstallation: Installation = { by: 'apt', package: 'nginx-light', program: 'nginx' }

/** Starts nginx in the foreground; it writes only to its folder. */
export function nginxCommand({ program, home, isRoot }: CommandInput): GatewayCommand {
  // Started by root, its workers would run as nobody, who cannot enter the run's folder.
  const user = isRoot ? ['-g', 'user root;'] : []
  return { command: program, args: ['-e', 'stderr', '-p', home, '-c', 'nginx.conf', ...user] }
}

/** nginx, tuned for streams: a lower bound for the cost of a gateway. */
export const nginx: GatewayDescriptor = {
  product: 'nginx',
  variant: 'tuned',
  installation: nginxInstallation,
  protocols: everyProtocol,
  upstreamPath: '',
  files: { 'nginx.conf': 'nginx/nginx.conf.template' },
  command: nginxCommand,
  healthPath: '/health',
  activeStreams: { kind: 'stub_status', path: '/nginx_status', own: 1 },
  idleSetting: 'proxy_read_timeout',
  settings: ['one worker with 8,192 connections, no buffering, HTTP/1.1 to the mock, up to 512 idle connections kept'],
  streamsOnTwoCores: 4000,
}

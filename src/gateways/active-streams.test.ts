import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ActiveStreamsProbe, activeStreamsIn, metricIn } from './active-streams.ts'

const statusPage = `Active connections: 41
server accepts handled requests
 82 82 81
Reading: 0 Writing: 41 Waiting: 0
`
const metrics = `# TYPE envoy_cluster_upstream_rq_active gauge
envoy_cluster_upstream_rq_active{envoy_cluster_name="admin"} 1
envoy_cluster_upstream_rq_active{envoy_cluster_name="mock"} 40
`
const json: ActiveStreamsProbe = { kind: 'json', path: '/', member: 'in_flight_requests', own: 1 }
const status: ActiveStreamsProbe = { kind: 'stub_status', path: '/', own: 1 }
const prometheus: ActiveStreamsProbe = {
  kind: 'prometheus',
  path: '/',
  sample: 'envoy_cluster_upstream_rq_active{envoy_cluster_name="mock"}',
  own: 0,
}

test('open streams are read from every kind of answer, and the query itself is not counted', () => {
  assert.equal(activeStreamsIn('{"in_flight_requests":41,"other":1}', json), 40)
  assert.equal(activeStreamsIn(statusPage, status), 40)
  assert.equal(activeStreamsIn(metrics, prometheus), 40)
})

test('if the query is not part of the count, the result is 0 and not negative', () => {
  assert.equal(activeStreamsIn('{"in_flight_requests":0}', json), 0)
})

test('an answer without a count is undefined', () => {
  for (const text of ['', '{}', '[]', 'null', '{"in_flight_requests":"41"}', '<html>', '{"in_flight_requests":'])
    assert.equal(activeStreamsIn(text, json), undefined, text)
  for (const text of ['', 'Writing: many', '404']) assert.equal(activeStreamsIn(text, status), undefined, text)
  assert.equal(activeStreamsIn('{"in_flight_requests":1e999}', json), undefined, 'not finite')
  for (const text of [
    '',
    metrics.replaceAll('mock', 'other'),
    `${prometheus.sample} none`,
    `${prometheus.sample} 1e999`,
  ])
    assert.equal(activeStreamsIn(text, prometheus), undefined, text)
})

test('a metric is found with and without labels, and a longer name is another metric', () => {
  const text = 'ccr_peak_active_streams_total 9\nccr_peak_active_streams{tier="a} 5"} 3 1700000000\n'
  assert.equal(metricIn(text, 'ccr_peak_active_streams'), 3)
  assert.equal(metricIn('ccr_peak_active_streams 4', 'ccr_peak_active_streams'), 4)
  // The format allows any number of spaces and tabs.
  assert.equal(metricIn('ccr_peak_active_streams{a="b"}\t  4\r\n', 'ccr_peak_active_streams'), 4)
  assert.equal(metricIn('ccr_peak_active_streams   4 \t17', 'ccr_peak_active_streams'), 4)
  assert.equal(metricIn('ccr_peak_active_streams_total 9', 'ccr_peak_active_streams'), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endingSignals, ignoresHangup } from './hangup.ts'

test('nohup and a shell that ignores SIGHUP are recognized by the traces that Node.js leaves', () => {
  const files = (stdin: string, parent: string) => (path: string) =>
    path === '/proc/self/fdinfo/0' ? `pos:\t0\nflags:\t${stdin}\nmnt_id:\t1\n` : `SigBlk:\t0\nSigIgn:\t${parent}\n`
  const readable = files('0100000', '0000000000000006')
  assert.equal(ignoresHangup({}, readable), false)
  assert.equal(ignoresHangup({ _: '/usr/bin/node' }, readable), false)
  assert.equal(ignoresHangup({ _: '/usr/bin/nohup' }, readable), true)
  assert.equal(ignoresHangup({}, files('0100001', '0000000000000000')), true)
  assert.equal(ignoresHangup({}, files('0100002', '0000000000000000')), false)
  assert.equal(ignoresHangup({}, files('0100000', '0000000000000001')), true)
  assert.equal(
    ignoresHangup({}, () => undefined),
    false,
  )
  assert.deepEqual(endingSignals({ _: 'nohup' }), ['SIGINT', 'SIGTERM'])
})

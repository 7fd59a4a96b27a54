import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asJson } from '../../test/fixtures/as-json.ts'
import { watchMachine } from './self-check.ts'

/** A machine's files, before and after a load. */
function fakeMachine(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>> = {}) {
  let files = before
  return {
    readText: (path: string) => files[path],
    endLoad: () => {
      files = { ...before, ...after }
    },
  }
}

const netstat = (overflows: number) =>
  `TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 ${overflows} 3\nIpExt: InOctets\nIpExt: 9\n`
const stat = (user: number, idle: number, steal: number) =>
  `cpu  ${user} 0 0 ${idle} 0 0 0 ${steal} 77 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n`
const files = {
  '/proc/stat': stat(100, 800, 10),
  '/proc/net/netstat': netstat(5),
  '/proc/self/net/tcp': [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt',
    '   0: 0100007F:1F90 0100007F:C001 06 00000000:00000000 03:00000A2B 00000000',
    '   1: 0100007F:C001 0100007F:1F90 06 00000000:00000000 03:00000A2B 00000000',
    ' 100: 0100007F:C002 0100007F:1F90 06 00000000:00000000 03:00000A2B 00000000',
    '   3: 0100007F:C003 0100007F:1F90 01 00000000:00000000 00:00000000 00000000',
    '   4: 0100007F:C004 0100007F:1F91 06 00000000:00000000 03:00000A2B 00000000',
    '',
  ].join('\n'),
  '/proc/self/net/tcp6':
    '   0: 0000000000000000FFFF00000100007F:C005 0000000000000000FFFF00000100007F:1F90 06 00000000:00000000\n',
  '/proc/self/limits': 'Max open files            256                  256                  files\n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
}

describe('the machine during a load', () => {
  it('is described by the growth of its counters and by what the open streams leave of its limits', () => {
    const { readText, endLoad } = fakeMachine(files, {
      '/proc/stat': stat(160, 820, 30),
      '/proc/net/netstat': netstat(9),
    })
    const watch = watchMachine(8080, readText, () => 30)
    endLoad()
    assert.deepEqual(asJson(watch.read(100)), {
      stealShare: 0.2,
      cpu: { usedS: 0.6, totalS: 1 },
      listenOverflows: 4,
      descriptors: { left: 126, limit: 256 },
      // Three connections to the load's port are in TIME_WAIT. The server's side, another port and an open connection do not count.
      ports: { left: 28_129, limit: 28_232 },
      suspendedMs: 0,
    })
    assert.equal(watch.read(1000).descriptors?.left, 0)
  })

  it('has a steal share of at most 1, even if idle time runs backwards', () => {
    const { readText, endLoad } = fakeMachine(files, { '/proc/stat': stat(160, 700, 60) })
    const watch = watchMachine(8080, readText, () => 30)
    endLoad()
    assert.equal(watch.read(100).stealShare, 1)
  })

  it('has only the readings of its clocks without /proc', () => {
    const unknown = () => undefined
    assert.deepEqual(asJson(watchMachine(8080, unknown, unknown).read(100)), { suspendedMs: 0 })
  })

  it('has no descriptor limit if descriptors are unlimited', () => {
    const unlimited = 'Max open files            unlimited            unlimited            files\n'
    const { readText } = fakeMachine({ ...files, '/proc/self/limits': unlimited })
    const read = watchMachine(8080, readText, () => 30).read(100)
    assert.equal(read.descriptors, undefined)
    // No CPU time has passed, so there is no share.
    assert.equal(read.stealShare, undefined)
  })
})

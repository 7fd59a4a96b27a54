import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { watchMachine } from './machine.ts'

/** A machine's files, before and after a load. */
function machineOf(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>> = {}) {
  let files = before
  return {
    readText: (path: string) => files[path],
    loadIsOver: () => {
      files = { ...before, ...after }
    },
  }
}

const netstat = (overflows: number, drops: number) =>
  `TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 ${overflows} ${drops}\nIpExt: InOctets\nIpExt: 9\n`
const stat = (user: number, idle: number, steal: number) =>
  `cpu  ${user} 0 0 ${idle} 0 0 0 ${steal} 77 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n`
const files = {
  '/proc/stat': stat(100, 800, 10),
  '/proc/net/netstat': netstat(5, 6),
  '/proc/net/sockstat': 'sockets: used 12\nTCP: inuse 7 orphan 0 tw 232 alloc 9 mem 1\n',
  '/proc/self/limits': 'Max open files            256                  256                  files\n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
}

describe('the machine during a load', () => {
  it('is what its counters rose by, and what the open streams left of its limits', () => {
    const { readText, loadIsOver } = machineOf(files, {
      '/proc/stat': stat(160, 820, 30),
      '/proc/net/netstat': netstat(9, 12),
    })
    const watch = watchMachine(readText, () => 30)
    loadIsOver()
    assert.deepEqual(watch.read(100), {
      stealShare: 0.2,
      listenOverflows: 4,
      listenDrops: 6,
      descriptors: { left: 126, limit: 256 },
      ports: { left: 27_900, limit: 28_232 },
    })
    assert.equal(watch.read(1000).descriptors?.left, 0)
  })

  it('says nothing of what it can not read', () => {
    assert.deepEqual(
      watchMachine(
        () => undefined,
        () => undefined,
      ).read(100),
      {},
    )
  })

  it('has no limit of descriptors where there is none', () => {
    const unlimited = 'Max open files            unlimited            unlimited            files\n'
    const { readText } = machineOf({ ...files, '/proc/self/limits': unlimited })
    const read = watchMachine(readText, () => 30).read(100)
    assert.ok(!('descriptors' in read))
    // No time has passed in which anything could have been stolen.
    assert.ok(!('stealShare' in read))
  })
})

/**
 * The harness's one clock: CLOCK_MONOTONIC in ns, the same for every process on this kernel.
 * `performance.now()` reads that clock too and costs a tenth of `hrtime.bigint()`, so only its origin is taken from there.
 */
const originNs = Number(process.hrtime.bigint()) - performance.now() * 1e6

/** Now, in ns on the monotonic clock (a whole number, exact up to 104 days of uptime). */
export function nowNs(): number {
  return Math.round(originNs + performance.now() * 1e6)
}

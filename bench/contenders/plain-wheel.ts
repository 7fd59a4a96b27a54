const slots = 4096

/** Calls `act` at or shortly after an instant of `performance.now()`, at most 4 s ahead. */
export type At = (dueMs: number, act: () => void) => void

/** One timer for all deltas, in slots of 1 ms, so that a bare mock does not pay for one timer per delta. */
export function createPlainWheel(): At {
  const wheel: (() => void)[][] = Array.from({ length: slots }, () => [])
  let cursor = 0
  let waiting = 0
  const tick = () => {
    const nowMs = Math.floor(performance.now())
    while (cursor < nowMs) {
      cursor++
      const due = wheel[cursor % slots] as (() => void)[]
      if (due.length === 0) continue
      wheel[cursor % slots] = []
      waiting -= due.length
      for (const act of due) act()
    }
    if (waiting > 0) setTimeout(tick, 1)
  }
  return (dueMs, act) => {
    if (waiting++ === 0) {
      cursor = Math.floor(performance.now())
      setTimeout(tick, 1)
    }
    wheel[Math.max(Math.ceil(dueMs), cursor + 1) % slots]?.push(act)
  }
}

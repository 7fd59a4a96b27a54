import { randomUUID } from 'node:crypto'

/** Environment variable by which a run gives a mock or reference gateway that it starts a name of its own. */
export const instanceVariable = 'CCR_SSE_STRESS_INSTANCE'

/** Header of their `/health` that repeats the name: whatever else answers on that port does not know it. */
export const instanceHeader = 'x-ccr-sse-stress-instance'

/** A name that no other process knows. */
export function newInstance(): string {
  return randomUUID()
}

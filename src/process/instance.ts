import { randomUUID } from 'node:crypto'

/** Environment variable with the unique name that a run gives to its mock or reference gateway. */
export const instanceVariable = 'CCR_SSE_STRESS_INSTANCE'

/** Header of their `/health` that repeats the name, which no other program on that port knows. */
export const instanceHeader = 'x-ccr-sse-stress-instance'

/** A name that no other process knows. */
export function newInstance(): string {
  return randomUUID()
}

import { createRandom, mixSeed } from './random.ts'

/** What identifies a plan; all of it travels in the prompt, as a gateway may drop headers and metadata but not the text. */
export interface PlanKey {
  readonly seed: number
  readonly stream: number
  /** Deltas to send; absent: the mock's own `--chunks`. */
  readonly chunks?: number
  /** Time between deltas in ms; absent: the mock's own `--delay-ms`. */
  readonly delayMs?: number
}

/** Bounds of what a prompt may ask of the mock, and of the flags that stand for the same. */
export const planLimits = { chunks: 1_000_000, delayMs: 3_600_000 } as const

/** Seeds and streams are mixed as 32-bit integers, so a larger one would play another's plan. */
const largestKey = 0xffff_ffff

const words =
  'stream delta token chunk event gateway mock prompt answer model buffer socket window packet frame round river stone cloud light paper copper silver garden window harbour signal north'.split(
    ' ',
  )

/** The sentence that carries a plan through a gateway, as part of the user's message. */
export function planMarker({ seed, stream, chunks, delayMs }: PlanKey): string {
  const length = chunks === undefined ? '' : ` chunks=${chunks}`
  // At most six decimals and no exponent: what `parsePlanMarker` reads.
  const pace = delayMs === undefined ? '' : ` delay_ms=${Number(delayMs.toFixed(6))}`
  return `[plan seed=${seed} stream=${stream}${length}${pace}]`
}

/** What a stream's user says: which stream it is, for who reads along, and its plan. */
export function planPrompt(key: PlanKey): string {
  return `Stream ${key.stream}: answer as the plan says. ${planMarker(key)}`
}

const marker = /\[plan seed=(\d{1,10}) stream=(\d{1,10})(?: chunks=(\d{1,7}))?(?: delay_ms=(\d{1,7}(?:\.\d{1,6})?))?\]/

/** Finds the plan that a prompt carries; undefined where there is none or where it goes beyond `planLimits`. */
export function parsePlanMarker(prompt: string): PlanKey | undefined {
  const found = marker.exec(prompt)
  if (!found || Number(found[1]) > largestKey || Number(found[2]) > largestKey) return undefined
  const chunks = found[3] === undefined ? undefined : Number(found[3])
  const delayMs = found[4] === undefined ? undefined : Number(found[4])
  if (chunks !== undefined && (chunks < 1 || chunks > planLimits.chunks)) return undefined
  if (delayMs !== undefined && delayMs > planLimits.delayMs) return undefined
  return {
    seed: Number(found[1]),
    stream: Number(found[2]),
    ...(chunks !== undefined && { chunks }),
    ...(delayMs !== undefined && { delayMs }),
  }
}

/** The texts of a stream's deltas, in order: a pure function of seed and stream, so that any process computes the same. */
export function* planTexts({ seed, stream }: Pick<PlanKey, 'seed' | 'stream'>, chunks: number): Generator<string> {
  const random = createRandom(mixSeed(seed, stream))
  for (let i = 0; i < chunks; i++) yield `${words[random() % words.length]} `
}

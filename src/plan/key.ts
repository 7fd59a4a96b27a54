import { type ContentKind, contentKinds } from '../model/content.ts'

/** What identifies a plan; all of it travels in the prompt, as a gateway may drop headers and metadata but not the text. */
export interface PlanKey {
  readonly seed: number
  readonly stream: number
  /** Deltas to send; absent: the mock's own `--chunks`. */
  readonly chunks?: number
  /** Time between deltas in ms; absent: the mock's own `--delay-ms`. */
  readonly delayMs?: number
  /** Sort of answer; absent: plain text. */
  readonly content?: ContentKind
  /** What the mock is to do wrong, as `--fault` spells it, without a share; absent: nothing, or the mock's own `--fault`. */
  readonly fault?: string
}

/** Bounds of what a prompt may ask of the mock, and of the flags that stand for the same. */
export const planLimits = { chunks: 1_000_000, delayMs: 3_600_000 } as const

/** Seeds and streams are mixed as 32-bit integers, so a larger one would play another's plan. */
const largestKey = 0xffff_ffff

/** The sentence that carries a plan through a gateway, as part of the user's message. */
export function planMarker({ seed, stream, chunks, delayMs, content, fault }: PlanKey): string {
  return [
    `[plan seed=${seed} stream=${stream}`,
    chunks === undefined ? '' : ` chunks=${chunks}`,
    // At most six decimals and no exponent: what `parsePlanMarker` reads.
    delayMs === undefined ? '' : ` delay_ms=${Number(delayMs.toFixed(6))}`,
    content === undefined ? '' : ` content=${content}`,
    fault === undefined ? '' : ` fault=${fault}`,
    ']',
  ].join('')
}

/** What a stream's user says: which stream it is, for who reads along, and its plan. */
export function planPrompt(key: PlanKey): string {
  return `Stream ${key.stream}: answer as the plan says. ${planMarker(key)}`
}

const marker = new RegExp(
  [
    String.raw`\[plan seed=(?<seed>\d{1,10}) stream=(?<stream>\d{1,10})`,
    String.raw`(?: chunks=(?<chunks>\d{1,7}))?`,
    String.raw`(?: delay_ms=(?<delayMs>\d{1,7}(?:\.\d{1,6})?))?`,
    `(?: content=(?<content>${contentKinds.join('|')}))?`,
    String.raw`(?: fault=(?<fault>[a-z0-9-]{1,40}(?:@[a-z0-9%]{1,8})?))?\]`,
  ].join(''),
)

/** Finds the plan that a prompt carries; undefined where there is none or where it goes beyond `planLimits`. */
export function parsePlanMarker(prompt: string): PlanKey | undefined {
  const said = marker.exec(prompt)?.groups
  if (!said || Number(said['seed']) > largestKey || Number(said['stream']) > largestKey) return undefined
  const chunks = said['chunks'] === undefined ? undefined : Number(said['chunks'])
  const delayMs = said['delayMs'] === undefined ? undefined : Number(said['delayMs'])
  if (chunks !== undefined && (chunks < 1 || chunks > planLimits.chunks)) return undefined
  if (delayMs !== undefined && delayMs > planLimits.delayMs) return undefined
  return {
    seed: Number(said['seed']),
    stream: Number(said['stream']),
    ...(chunks !== undefined && { chunks }),
    ...(delayMs !== undefined && { delayMs }),
    ...(said['content'] !== undefined && { content: said['content'] as ContentKind }),
    ...(said['fault'] !== undefined && { fault: said['fault'] }),
  }
}

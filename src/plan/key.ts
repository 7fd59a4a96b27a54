import { type ContentKind, contentKinds } from '../model/content.ts'

/** What identifies a plan. It travels in the prompt, because a gateway may drop headers and metadata but not the text. */
export interface PlanKey {
  readonly seed: number
  readonly stream: number
  /** Number of deltas; absent: the `--chunks` of the mock. */
  readonly chunks?: number
  /** Time between two deltas in ms; absent: the `--delay-ms` of the mock. */
  readonly delayMs?: number
  /** Size of the text of a delta in bytes; absent: one word. A text is never shorter than its number, time and word. */
  readonly deltaBytes?: number
  /** Kind of content; absent: plain text. */
  readonly content?: ContentKind
  /** The fault of the mock, as `--fault` spells it without a share; absent: none, or the `--fault` of the mock. */
  readonly fault?: string
}

/** Limits of a plan in a prompt, and of the flags with the same meaning. */
export const planLimits = { chunks: 1_000_000, delayMs: 3_600_000, deltaBytes: 65_536 } as const

/** The members of a key that decide the texts. */
export type TextKey = Pick<PlanKey, 'seed' | 'stream' | 'content' | 'deltaBytes'>

/** Seeds and streams are mixed as 32-bit integers, so a larger number would select the plan of another stream. */
const largestKey = 0xffff_ffff

/** The sentence that carries a plan through a gateway, as part of the user's message. */
export function planMarker({ seed, stream, chunks, delayMs, deltaBytes, content, fault }: PlanKey): string {
  return [
    `[plan seed=${seed} stream=${stream}`,
    chunks === undefined ? '' : ` chunks=${chunks}`,
    // Six decimals at most and no exponent, as `parsePlanMarker` expects.
    delayMs === undefined ? '' : ` delay_ms=${Number(delayMs.toFixed(6))}`,
    deltaBytes === undefined ? '' : ` delta_bytes=${deltaBytes}`,
    content === undefined ? '' : ` content=${content}`,
    fault === undefined ? '' : ` fault=${fault}`,
    ']',
  ].join('')
}

/** The prompt of a stream: its number, for people reading logs, and its plan. */
export function planPrompt(key: PlanKey): string {
  return `Stream ${key.stream}: answer as the plan says. ${planMarker(key)}`
}

// Linear: every repetition is limited.
const marker = new RegExp(
  [
    String.raw`\[plan seed=(?<seed>\d{1,10}) stream=(?<stream>\d{1,10})`,
    String.raw`(?: chunks=(?<chunks>\d{1,7}))?`,
    String.raw`(?: delay_ms=(?<delayMs>\d{1,7}(?:\.\d{1,6})?))?`,
    String.raw`(?: delta_bytes=(?<deltaBytes>\d{1,5}))?`,
    `(?: content=(?<content>${contentKinds.join('|')}))?`,
    String.raw`(?: fault=(?<fault>[a-z0-9-]{1,40}(?:@[a-z0-9%]{1,8})?))?\]`,
  ].join(''),
)

/** The plan in a prompt; undefined if there is none or if it exceeds `planLimits`. */
export function parsePlanMarker(prompt: string): PlanKey | undefined {
  const parts = marker.exec(prompt)?.groups
  if (!parts || Number(parts['seed']) > largestKey || Number(parts['stream']) > largestKey) return undefined
  const chunks = parts['chunks'] === undefined ? undefined : Number(parts['chunks'])
  const delayMs = parts['delayMs'] === undefined ? undefined : Number(parts['delayMs'])
  if (chunks !== undefined && (chunks < 1 || chunks > planLimits.chunks)) return undefined
  if (delayMs !== undefined && delayMs > planLimits.delayMs) return undefined
  const deltaBytes = parts['deltaBytes'] === undefined ? undefined : Number(parts['deltaBytes'])
  if (deltaBytes !== undefined && (deltaBytes < 1 || deltaBytes > planLimits.deltaBytes)) return undefined
  return {
    seed: Number(parts['seed']),
    stream: Number(parts['stream']),
    chunks,
    delayMs,
    deltaBytes,
    content: parts['content'] as ContentKind | undefined,
    fault: parts['fault'],
  }
}

import { type AnswerForm, formOf, goodForm, joinForms } from '../judge/answer-form.ts'
import { contentKinds } from '../model/content.ts'
import { type PlayOptions, playStreams } from './play-group.ts'

/** Short streams: enough to open connection pools and to warm up just-in-time compilers. */
const plan = { chunks: 6, delayMs: 2 } as const

/** Streams of each kind of content in one round. */
const streamsPerKind = 2

/** Number of the streams of one round. */
export const warmUpStreams = contentKinds.length * streamsPerKind

/** Maximum silence of a warm-up stream, in s: by then it has shown enough of its form. */
const idleS = 5

/** Each round continues after the form failures of earlier rounds, and may find another after them. */
const maxRounds = 4

/** Warms the gateway up with clean streams of every kind of content, which are not counted, and determines the form of its answers. */
export async function warmUp(
  seed: number,
  options: PlayOptions,
): Promise<{ readonly form: AnswerForm; readonly hasServed: boolean }> {
  let form = goodForm
  let hasServed = false
  for (let round = 0; round < maxRounds && !options.signal.aborted; round++) {
    const { kinds } = form
    const playing = { ...options, tolerated: new Set(kinds) }
    const loads = contentKinds.map((content, index) => {
      const settings = { ...plan, streams: streamsPerKind, content, seed: seed + round }
      return playStreams(settings, playing, { firstStream: index * streamsPerKind, idleS })
    })
    const records = (await Promise.all(loads)).flat()
    hasServed ||= records.some(({ status }) => status === 200)
    form = joinForms(form, formOf(records))
    if (form.kinds.length === kinds.length) break
  }
  return { form, hasServed }
}

import { createRandom, mixSeed } from '../base/random.ts'

/** Largest prompt, in units of 1024 bytes. */
export const maxPromptKb = 1024

/** Words of a prompt; none contains the mark of a planned text or a bracket. */
const words =
  'open close read write file line function return value test error module import export table column index user session token cache queue worker thread request response header body timeout retry limit schema field record stream event'.split(
    ' ',
  )

/** Largest filler, with room for a start at any of the first bytes. */
const length = maxPromptKb * 1024 + 4096

const bySeed = new Map<number, string>()

/**
 * Text of this many bytes, all ASCII: words in lines, drawn from the seed. Each stream starts at another place of the same text, so that
 * prompts of different streams differ from their first byte on.
 */
export function fillerText(seed: number, stream: number, bytes: number): string {
  const start = mixSeed(stream, seed) % 4096
  return fillerOf(seed).slice(start, start + bytes)
}

/** The text of a seed. The last one is kept: a load has one seed, and its text takes milliseconds. */
function fillerOf(seed: number): string {
  const known = bySeed.get(seed)
  if (known !== undefined) return known
  const random = createRandom(mixSeed(seed, 0x66696c6c))
  const parts: string[] = []
  let size = 0
  while (size < length) {
    const drawn = random()
    const word = words[drawn % words.length] as string
    const end = (drawn >>> 8) % 12 === 0 ? '\n' : (drawn >>> 12) % 9 === 0 ? ', ' : ' '
    // Numbers make the text as hard to compress as source code.
    const text = (drawn >>> 16) % 5 === 0 ? `${word}${(drawn >>> 20) % 1000}${end}` : `${word}${end}`
    parts.push(text)
    size += text.length
  }
  const filler = parts.join('').slice(0, length)
  bySeed.clear()
  bySeed.set(seed, filler)
  return filler
}

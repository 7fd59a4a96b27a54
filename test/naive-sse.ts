import type { SeenEvent } from './read-sse.ts'

/**
 * The standard's algorithm written down as slowly as it reads (WHATWG HTML, section 9.2.6), for whole streams only:
 * what the incremental parser is checked against.
 */
export function naiveSse(bytes: Uint8Array): {
  readonly events: readonly SeenEvent[]
  readonly comments: number
  readonly retryMs: number | undefined
} {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/)
  // What stands after the last line end is no line.
  lines.pop()
  const events: SeenEvent[] = []
  let comments = 0
  let retryMs: number | undefined
  let type = ''
  let data = ''
  let lastEventId = ''
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (line === '') {
      if (data !== '') events.push({ type: type || 'message', data: data.slice(0, -1), lastEventId })
      type = ''
      data = ''
    } else if (name === '') comments++
    else if (name === 'data') data += `${value}\n`
    else if (name === 'event') type = value
    else if (name === 'id' && !value.includes('\0')) lastEventId = value
    else if (name === 'retry' && /^[0-9]+$/.test(value)) retryMs = Number(value)
  }
  return { events, comments, retryMs }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import { createChatReader } from './chat-reader.ts'
import { startBody } from './chunked-body.ts'
import { badGateway, type Failure } from './failure.ts'
import type { Entry } from './ledger.ts'
import type { StreamWriter, UpstreamEvent, Usage } from './upstream-event.ts'

/** How long to wait, in ms. */
export interface StreamLimits {
  /** For an event of the upstream's; comments do not count, and neither does the time in which the client is the slow one. */
  readonly idleMs: number
  /** For usage and `[DONE]` once the answer is whole, and for the end of the body after `[DONE]`. */
  readonly graceMs: number
}

/** One stream to relay. */
export interface StreamRelay {
  readonly upstream: IncomingMessage
  /** Code of what broke the upstream's connection, where something did. */
  readonly brokenBy: () => string | undefined
  readonly client: ServerResponse
  readonly write: StreamWriter
  /** Whether the writer keeps the answer until its end, as Responses must, which tells all of it again. */
  readonly keepsAnswer: boolean
  readonly choices: number
  readonly fallback: ChatIdentity
  readonly entry: Entry
  readonly limits: StreamLimits
  readonly onFailure: (failure: Failure) => void
}

/** Characters of an answer that may be kept in memory: written out four times, each escaped, they still make one string. */
const maxKeptChars = 16 * 1024 * 1024

/**
 * Relays a stream as it comes: one write for all that one read brought, and no more reads while the client's buffer is full.
 * A stream that does not come to its end is ended with an error in the client's protocol.
 */
export function relayStream({
  brokenBy,
  upstream,
  client,
  write,
  keepsAnswer,
  choices,
  fallback,
  entry,
  limits,
  onFailure,
}: StreamRelay): void {
  let out = ''
  let usage: Usage | undefined
  let isOver = false
  let isFailed = false
  let isPaused = false
  let isFinished = false
  let eventsSeen = 0
  let isKept = keepsAnswer
  let keptChars = 0
  let timer = setTimeout(idle, limits.idleMs)
  const body = startBody(client)
  const reader = createChatReader({ choices, fallback, emit })

  client.once('close', stop)
  upstream.on('data', (bytes: Buffer) => {
    reader.push(bytes)
    flush()
  })
  upstream.once('end', () => {
    reader.end()
    flush()
    clearTimeout(timer)
  })
  upstream.on('error', cut)
  upstream.once('close', () => {
    cut()
    clearTimeout(timer)
  })

  function emit(event: UpstreamEvent): void {
    if (isOver) return
    // Text that comes while a tool call is unfinished waits for it.
    if (event.kind === 'tool-start') isKept = true
    else if (isKept && (event.kind === 'text' || event.kind === 'thinking')) {
      keptChars += event.text.length
      if (keptChars > maxKeptChars) {
        reader.fail(badGateway('upstream_malformed', `the upstream's answer has more than ${maxKeptChars} characters`))
        return
      }
    }
    if (event.kind === 'usage') usage = event.usage
    if (event.kind === 'error') {
      isFailed = true
      onFailure(event.failure)
    }
    out += write(event)
    if (event.kind === 'end' || event.kind === 'error') isOver = true
  }

  function flush(): void {
    if (client.writableEnded || client.destroyed) return
    if (isOver) finish()
    else {
      watch()
      if (out !== '') send()
    }
  }

  function send(): void {
    const text = out
    out = ''
    if (body.write(text) || isPaused) return
    isPaused = true
    entry.paused()
    upstream.pause()
    body.onDrain(resume)
  }

  function resume(): void {
    isPaused = false
    // A timer that was cleared would come back to life.
    if (!client.writableEnded) timer.refresh()
    upstream.resume()
  }

  function watch(): void {
    if (reader.events() === eventsSeen) return
    eventsSeen = reader.events()
    if (isFinished || !reader.finished()) {
      timer.refresh()
      return
    }
    isFinished = true
    clearTimeout(timer)
    timer = setTimeout(idle, limits.graceMs)
  }

  function idle(): void {
    if (isPaused) {
      timer.refresh()
      return
    }
    if (reader.finished()) reader.end()
    else
      reader.fail({
        reason: 'upstream_timeout',
        status: 504,
        message: `the upstream sent nothing for ${limits.idleMs} ms`,
      })
    flush()
    upstream.destroy()
  }

  function cut(): void {
    // A client that left took the upstream along: that is no failure of anyone.
    if (client.destroyed) return
    // A parser's code says that the bytes were no HTTP; all else is a connection that broke off.
    const reason = brokenBy()?.startsWith('HPE_') ? 'upstream_malformed' : 'upstream_reset'
    reader.fail(badGateway(reason, 'the upstream broke off in the middle of the stream'))
    flush()
  }

  function finish(): void {
    clearTimeout(timer)
    body.end(out)
    out = ''
    if (usage) entry.used(usage)
    usage = undefined
    if (isFailed) upstream.destroy()
    else if (!upstream.readableEnded) {
      // What is left of the body is read, so that the connection can be used again; but not for long.
      timer = setTimeout(() => upstream.destroy(), limits.graceMs)
      upstream.resume()
    }
  }

  function stop(): void {
    if (client.writableEnded) return
    clearTimeout(timer)
    if (usage) entry.used(usage)
    upstream.destroy()
  }
}

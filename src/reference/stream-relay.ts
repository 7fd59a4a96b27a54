import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import { createChatReader } from './chat-reader.ts'
import { badGateway, type Failure, internalError } from './failure.ts'
import type { Entry } from './ledger.ts'
import type { StreamWriter, UpstreamEvent, Usage } from './upstream-event.ts'

/** Time limits, in ms. */
export interface StreamLimits {
  /** Maximum time without an upstream event. Comments are not events; time spent waiting for the client does not count. */
  readonly idleMs: number
  /** Maximum time for usage and `[DONE]` after the answer, and for the end of the body after `[DONE]`. */
  readonly graceMs: number
}

/** One stream to relay. */
interface StreamRelay {
  readonly upstream: IncomingMessage
  /** The error code of the upstream's connection, if it failed. */
  readonly brokenBy: () => string | undefined
  readonly client: ServerResponse
  readonly write: StreamWriter
  /** Whether the writer buffers the entire answer: Responses repeats it at the end. */
  readonly keepsAnswer: boolean
  readonly choices: number
  readonly fallback: ChatIdentity
  readonly entry: Entry
  readonly limits: StreamLimits
  readonly onFailure: (failure: Failure) => void
  /** Receives what the program itself threw; the stream then ends with an error. */
  readonly onBug: (error: unknown) => void
}

/** Maximum buffered characters of an answer: even repeated four times and escaped, they fit into one string. */
const maxKeptChars = 16 * 1024 * 1024

/**
 * Relays a stream as it arrives: one write for each read, and no reads while the client's buffer is full. An incomplete stream
 * is ended with an error in the client's protocol.
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
  onBug,
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
    guarded(() => reader.push(bytes))
    flush()
  })
  upstream.once('end', () => {
    guarded(reader.end)
    flush()
    clearTimeout(timer)
  })
  upstream.on('error', cut)
  upstream.once('close', () => {
    cut()
    clearTimeout(timer)
  })

  /** Runs a step of the reader. An exception fails only this stream. */
  function guarded(step: () => void): void {
    try {
      step()
    } catch (cause) {
      onBug(cause)
      reader.fail(internalError)
    }
  }

  function emit(event: UpstreamEvent): void {
    if (isOver) return
    // Text that arrives during an unfinished tool call waits for the call.
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
    // After the end the timer is cleared, and a refresh would restart it.
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
    if (reader.finished()) guarded(reader.end)
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
    // The upstream was closed because the client disconnected, which is not a failure.
    if (client.destroyed) return
    // HPE_ codes are from Node's HTTP parser and mean invalid HTTP; all others mean a broken connection.
    const reason = brokenBy()?.startsWith('HPE_') ? 'upstream_malformed' : 'upstream_reset'
    reader.fail(badGateway(reason, 'the upstream closed the connection in the middle of the stream'))
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
      // The rest of the body is read, for a limited time, so that the connection can be reused.
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

/** The body of an event stream to the client. */
interface StreamBody {
  /** Sends text; false if the client's buffer is full, then wait with `onDrain`. */
  readonly write: (text: string) => boolean
  readonly onDrain: (resume: () => void) => void
  /** Sends the last text and ends the response. */
  readonly end: (text: string) => void
}

/**
 * Sends the head of an event stream and returns the writer of its body. HTTP chunks are framed here, as one string per `write`:
 * `ServerResponse` needs four strings and a `writev`, some 3 us more per delta. If that is not possible (HTTP/1.0, or a pipelined
 * request that has to wait), the response frames its body itself.
 */
function startBody(client: ServerResponse): StreamBody {
  client.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  client.flushHeaders()
  const { socket } = client
  if (!socket || !client.chunkedEncoding)
    return {
      write: (text) => client.write(text),
      onDrain: (resume) => client.once('drain', resume),
      end: (text) => client.end(text),
    }
  return {
    write: (text) => socket.write(chunkOf(text)),
    onDrain: (resume) => socket.once('drain', resume),
    end: (text) => {
      socket.cork()
      if (text !== '') socket.write(chunkOf(text))
      client.end()
      socket.uncork()
    },
  }
}

/** One chunk in the chunked coding (RFC 9112, section 7.1). */
function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}

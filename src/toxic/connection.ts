import type { Socket } from 'node:net'
import { endAndLinger } from '../base/linger.ts'
import type { DrawnToxic } from './draw-toxics.ts'
import { openLink } from './link.ts'
import { reset } from './reset.ts'
import type { Stream } from './toxic.ts'

/** A client and an upstream that is being connected to, and what stands between them. */
export interface ConnectionOptions {
  readonly client: Socket
  readonly upstream: Socket
  readonly toxics: readonly DrawnToxic[]
}

/** Joins two sockets, both with `allowHalfOpen`, in both directions. A failed connect resets the client at once. */
export function joinSockets({ client, upstream, toxics }: ConnectionOptions): void {
  const of = (stream: Stream) => toxics.filter(({ toxic }) => toxic.stream === stream)
  const cut = (how: 'close' | 'reset', source: Socket, destination: Socket) => {
    stop()
    if (how === 'close') {
      source.destroy()
      endAndLinger(destination)
    } else for (const socket of [source, destination]) reset(socket)
  }
  const up = openLink({
    source: client,
    destination: upstream,
    toxics: of('upstream'),
    cut: (how) => cut(how, client, upstream),
  })
  const down = openLink({
    source: upstream,
    destination: client,
    toxics: of('downstream'),
    cut: (how) => cut(how, upstream, client),
  })
  const stop = () => {
    up.stop()
    down.stop()
  }
  const fail = () => {
    stop()
    reset(client)
  }
  upstream.prependOnceListener('close', fail)
  upstream.once('connect', () => upstream.off('close', fail))
}

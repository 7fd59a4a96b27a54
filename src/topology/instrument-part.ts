import type { FailedPart } from '../model/instrument.ts'
import type { Child, Death } from '../process/child.ts'
import { healthFault } from '../process/readiness.ts'

/** The failure of a part of the harness: how it ended, or that it does not answer. */
export type PartFault = Pick<FailedPart, 'state' | 'how' | 'lastLines'>

/** A part of the harness that a topology uses, and how to see whether it works. */
export interface InstrumentPart extends Pick<FailedPart, 'part' | 'name'> {
  /** Resolves when its process ends by itself; absent if another program started it. */
  readonly died?: Promise<Death>
  /** Whether a request costs so much that it is sent only between the phases of a run. */
  readonly isCostly?: boolean
  /** Sends it a request, because a process that hangs has not ended. Undefined if it answers in time. */
  check(): Promise<PartFault | undefined>
}

/** The kind of a part, the URL of its health check, and its process if this program started it. */
interface Asked extends Pick<FailedPart, 'part' | 'name'> {
  readonly url: string
  readonly child?: Child
  readonly limitMs?: number
}

/** Time limit of a request to a part, with the connection, in ms. An unreachable machine would otherwise take minutes. */
const answerMs = 2000

/** A part that answers 200 at a URL while it works. */
export function partAt({ part, name, url, child, limitMs = answerMs }: Asked): InstrumentPart {
  return {
    part,
    name,
    died: child?.died,
    async check() {
      const limit = AbortSignal.timeout(limitMs)
      const fault = await healthFault(url, { signal: limit }).catch((cause: unknown) => {
        if (!limit.aborted) throw cause
        return 'ETIMEDOUT'
      })
      if (fault === undefined) return undefined
      return { state: 'silent', how: `no answer at ${url}: ${fault}`, lastLines: child?.lastLines() ?? [] }
    },
  }
}

/** The mock. All of its processes contribute to the answer, so that one that hangs is noticed. */
export function mockPart(mockUrl: string, child?: Child): InstrumentPart {
  return partAt({ part: 'mock', name: 'mock', url: `${mockUrl}/__mock/stats`, child })
}

/** A fault proxy, at the URL of its control port. */
export function proxyPart(hop: string, controlUrl: string, child?: Child): InstrumentPart {
  return partAt({ part: 'proxy', name: `proxy ${hop}`, url: `${controlUrl}/health`, child })
}

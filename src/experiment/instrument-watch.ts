import { sleep } from '../base/sleep.ts'
import type { Runner } from '../load/runner.ts'
import type { FailedPart } from '../model/instrument.ts'
import type { RunPhase } from '../model/run-phase.ts'
import { deathReportMs } from '../process/child.ts'
import type { InstrumentPart, PartFault } from '../topology/instrument-part.ts'

/** Default interval between two requests to each part, in ms. */
const requestEveryMs = 1000

/** Unanswered requests in a row after which a part counts as failed while a phase runs: about 8 s. */
const mostUnanswered = 3

/** Watches the runner and the parts of the harness in a topology during a run. Disposing of it ends the requests. */
export interface InstrumentWatch extends Disposable {
  /** Aborts when a part fails, because the remaining streams would say nothing about the gateway. */
  readonly signal: AbortSignal
  /** The phase that the run is in. */
  phase: RunPhase
  /** The parts that have failed so far, the first one first. */
  failed(): readonly FailedPart[]
  /** Checks every part now. At the end of a phase, this shows whether its streams can be attributed to the gateway. */
  check(): Promise<readonly FailedPart[]>
}

/** Starts to watch. A part that pauses and continues has not failed; it measures its pauses itself. */
export function watchInstrument(
  parts: readonly InstrumentPart[],
  runner: Pick<Runner, 'failed'>,
  everyMs = requestEveryMs,
): InstrumentWatch {
  const stopping = new AbortController()
  const broken = new AbortController()
  const failures = new Map<string, FailedPart>()
  let phase: RunPhase = 'warm-up'
  const fail = ({ part, name }: Pick<FailedPart, 'part' | 'name'>, { state, how, lastLines }: PartFault) => {
    if (failures.has(name) || stopping.signal.aborted) return
    failures.set(name, { part, name, state, how, phase, lastLines })
    broken.abort()
  }
  const addWorkers = () => {
    for (const { name, state, how } of runner.failed()) fail({ part: 'runner', name }, { state, how, lastLines: [] })
  }
  const poll = async (part: InstrumentPart) => {
    let unanswered = 0
    while (!stopping.signal.aborted && !failures.has(part.name)) {
      await sleep(everyMs, stopping.signal)
      if (stopping.signal.aborted) return
      const fault = await part.check()
      unanswered = fault ? unanswered + 1 : 0
      if (fault && (fault.state === 'ended' || unanswered >= mostUnanswered)) fail(part, fault)
    }
  }
  const checkPart = async (part: InstrumentPart) => {
    // Twice, because this machine may be busy.
    const fault = (await part.check()) && (await part.check())
    if (!fault) return
    const ended = await Promise.race([part.died, sleep(part.died ? deathReportMs : 0)])
    fail(part, ended ? endedWith(ended) : fault)
  }
  for (const part of parts) {
    void part.died?.then((death) => fail(part, endedWith(death)))
    if (!part.isCostly) void poll(part)
  }
  return {
    signal: broken.signal,
    get phase() {
      return phase
    },
    set phase(next) {
      phase = next
    },
    failed: () => {
      addWorkers()
      return [...failures.values()]
    },
    async check() {
      addWorkers()
      await Promise.all(parts.filter(({ name }) => !failures.has(name)).map(checkPart))
      return [...failures.values()]
    },
    [Symbol.dispose]: () => stopping.abort(),
  }
}

function endedWith({ how, lastLines }: Pick<PartFault, 'how' | 'lastLines'>): PartFault {
  return { state: 'ended', how, lastLines }
}

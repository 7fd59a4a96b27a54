import type { Instrument, InstrumentReadings } from '../instrument.ts'
import { watchMachine } from './machine.ts'
import { watchThread } from './thread.ts'

/** The harness, watching itself during a load. */
export interface SelfCheck {
  /** Stops, and says what was measured; `threads` are what the runner's other threads measured of themselves. */
  stop(peakOpen: number, threads?: readonly InstrumentReadings[]): Instrument
}

/** Begins to watch the runner: the thread that calls this, and its machine. */
export function startSelfCheck(): SelfCheck {
  const machine = watchMachine()
  const thread = watchThread('runner')
  return {
    stop: (peakOpen, threads = []) => {
      const readings = thread.read()
      thread.stop()
      return { runner: [readings, ...threads], machine: machine.read(peakOpen) }
    },
  }
}

import type { Instrument, InstrumentReadings } from '../model/instrument.ts'
import { watchMachine } from './machine-check.ts'
import { watchThread } from './thread.ts'

/** The harness, watching itself during a load. */
export interface SelfCheck {
  /** The load is over, whatever became of it. */
  end(): void
  /** What was measured until its end; `threads` are what the runner's other threads measured of themselves. */
  read(peakOpen: number, threads?: readonly InstrumentReadings[]): Instrument
}

/** Begins to watch the runner: the thread that calls this, and its machine, from which a load connects to a port. */
export function startSelfCheck(port: number): SelfCheck {
  const machine = watchMachine(port)
  const thread = watchThread('runner')
  let readings: InstrumentReadings | undefined
  const end = () => {
    readings ??= thread.read()
    thread.stop()
  }
  return {
    end,
    read: (peakOpen, threads = []) => {
      end()
      return { runner: [...(readings ? [readings] : []), ...threads], machine: machine.read(peakOpen) }
    },
  }
}

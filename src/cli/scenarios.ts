import { grouped } from '../base/format.ts'
import { alignRows } from '../base/table.ts'
import { durationOf, expectedStreams, phasesOf, streamDurationS } from '../model/phase.ts'
import { formatDuration } from '../model/phase-text.ts'
import type { Scenario } from '../model/scenario.ts'
import { readRunOptions } from '../options/run-options.ts'
import { readyScenarios } from '../options/scenario-file.ts'

/** `scenarios`: lists the ready scenarios. */
export async function scenariosCommand(): Promise<number> {
  const rows = readyScenarios.map((name) => {
    const { experiment, effective } = readRunOptions({ scenario: name }, {})
    const { scenario } = experiment
    return [
      name,
      shapeOf(scenario),
      grouped(expectedStreams(scenario)),
      durationText(scenario),
      questionOf(effective.description),
    ]
  })
  const lines = [
    ...alignRows([['scenario', 'shape', 'streams', 'duration', 'question'], ...rows]),
    '',
    'Run one with `ccr-sse-stress run --scenario NAME`; flags override it. `--print-scenario` prints it, to change it and run it as a file.',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

/** The first sentence of a description. */
function questionOf(description = ''): string {
  return description.slice(0, description.indexOf('?') + 1)
}

function shapeOf(scenario: Scenario): string {
  const phases = phasesOf(scenario)
  const shapes = [...new Set(phases.map(({ shape }) => shape))]
  return phases.length > 1 ? `${shapes.join(', ')} (${phases.length} phases)` : shapes.join()
}

/** The planned duration, if the gateway adds none; the last streams included. */
function durationText(scenario: Scenario): string {
  const streamS = streamDurationS(scenario) ?? 0
  const planned = phasesOf(scenario).map((phase) => {
    const { rampMs = 0, total, streams = 0 } = phase
    const rounds = phase.shape === 'constant-streams' && total !== undefined ? Math.ceil(total / streams) : 1
    return durationOf(phase) ?? rampMs / 1000 + rounds * streamS
  })
  const lastsS = planned.reduce((sum, durationS) => sum + durationS, 0)
  return formatDuration(Math.round(lastsS * 10) / 10)
}

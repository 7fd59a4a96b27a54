import { counted, fixed } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'

/** What was tested, in one line: its name, its version where the name lacks it, and where it is. */
export function testedLine({ name, version, location }: GatewayIdentity): string {
  const withVersion = version === undefined || name.includes(version) ? name : `${name} ${version}`
  return `${printable(withVersion)} (${printable(location)})`
}

/** The report's first lines: what was tested, where, with which settings, and what it was asked for. */
export function headerLines(run: Run, startSkewMs: number | undefined): string[] {
  const { gateway, target, scenario, id, startedAt, harnessVersion } = run
  return [
    `Tested:   ${testedLine(gateway)}`,
    `Where:    ${printable(target.baseUrl)}, ${target.protocol}`,
    ...gateway.settings.map((setting) => `Settings: ${printable(setting)}`),
    ...(run.toxics ?? []).map((toxic) => `Toxic:    ${printable(toxic)}`),
    `Scenario: ${scenarioLine(scenario)}`,
    ...workersLines(run, startSkewMs),
    `Run:      ${id}, ${startedAt}, ccr-sse-stress ${harnessVersion}`,
  ]
}

/** Who made the load, where it is more than one thread and one process. */
function workersLines({ workers }: Run, startSkewMs: number | undefined): string[] {
  if (workers === undefined) return []
  const { runner, mock = 1 } = workers
  const skew = runner > 1 ? ` (first starts ${fixed(startSkewMs, 1)} ms apart)` : ''
  const threads = `${counted(runner, 'thread')} of the runner${skew}`
  const processes = mock === 1 ? '1 process' : `${mock} processes`
  return runner === 1 && mock === 1 ? [] : [`Workers:  ${threads}, ${processes} of the mock`]
}

function scenarioLine(scenario: Scenario): string {
  const { streams, chunks, delayMs, rampMs, timeoutS, idleS, content, model, maxTokens, seed, warmUpStreams } = scenario
  return [
    counted(streams, 'stream'),
    chunks === undefined ? "the mock's own deltas" : counted(chunks, 'delta'),
    delayMs === undefined ? "the mock's own delay" : `each ${delayMs} ms`,
    rampMs === 0 ? 'no ramp' : `ramp ${rampMs} ms`,
    `timeout ${timeoutS} s, ${idleS} s of silence`,
    `content ${content}`,
    `model ${printable(model)}`,
    `max tokens ${maxTokens}`,
    `seed ${seed}`,
    warmUpStreams === 0 ? 'no warm-up' : `warm-up ${counted(warmUpStreams, 'stream')}`,
  ].join(', ')
}

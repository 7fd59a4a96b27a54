import { counted, fixed, grouped } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import type { Judgement } from '../../judge/judgement.ts'
import { describeKind } from '../../model/mix-text.ts'
import { type LoadPhase, onlyPhase } from '../../model/phase.ts'
import { phaseText } from '../../model/phase-text.ts'
import type { Run } from '../../model/run.ts'
import type { Scenario } from '../../model/scenario.ts'
import { targetText, testedLine } from '../tested.ts'

/** The first lines: what was tested, where, with which settings and load. */
export function headerLines(run: Run, judgement: Judgement): string[] {
  const { gateway, target, scenario, id, startedAt, harnessVersion } = run
  return [
    `Tested:   ${testedLine(gateway)}`,
    `Target:   ${targetText(target)}`,
    ...gateway.settings.map((setting) => `Settings: ${printable(setting)}`),
    ...(run.toxics ?? []).map((toxic) => `Toxic:    ${printable(toxic)}`),
    ...(scenario.phases ?? []).map((phase) => `Load:     ${loadLine(phase)}`),
    `Scenario: ${scenarioLine(scenario)}`,
    ...(scenario.mix ?? []).map((kind) => `Kind:     ${describeKind(kind)}`),
    ...workersLines(run, judgement),
    ...thinnedLines(run),
    ...mergedLines(run),
    `Run:      ${id}, ${startedAt}, ccr-sse-stress ${harnessVersion}`,
  ]
}

/** The runs that it was merged from, and how well their clocks agree. */
function mergedLines({ merged }: Run): string[] {
  if (!merged) return []
  const error = Math.max(...merged.map(({ errorNs }) => errorNs)) / 1e6
  const clocks = merged.every(({ clock }) => clock === 'boot')
    ? 'one clock'
    : `wall clocks: instants of different runners are off by up to ${error} ms plus the difference of the clocks`
  return [
    `Merged:   ${merged.map(({ id: source, streams }) => `${printable(source)} (${counted(streams, 'stream')})`).join(', ')}`,
    `Clocks:   ${clocks}`,
  ]
}

/** Threads and processes that made the load, if there was more than one of either. */
function workersLines({ workers }: Run, { startSkewMs }: Judgement): string[] {
  if (workers === undefined) return []
  const { runner, mock = 1 } = workers
  const skew = runner > 1 ? ` (first starts ${fixed(startSkewMs, 1)} ms apart)` : ''
  const processes = mock === 1 ? '1 mock process' : `${mock} mock processes`
  return runner === 1 && mock === 1 ? [] : [`Workers:  ${counted(runner, 'runner thread')}${skew}, ${processes}`]
}

/** Says that not each complete stream is judged by its own times. */
function thinnedLines({ thinned, records }: Run): string[] {
  if (thinned === undefined) return []
  const counts = `${grouped(thinned)} of ${grouped(records.length)} streams`
  return [`Records:  ${counts} are only counted; times and sums are those of the others, which stand for them`]
}

function loadLine(phase: LoadPhase): string {
  const { name, excluded } = phase
  const isNamed = name !== onlyPhase || excluded
  return `${isNamed ? `${name}${excluded ? ' (excluded)' : ''}: ` : ''}${phaseText(phase)}`
}

/** What each stream does, in one line. */
export function scenarioLine(scenario: Scenario): string {
  const { streams, chunks, delayMs, rampMs, timeoutS, idleS, content, model, maxTokens, seed, warmUpStreams } = scenario
  const { name, requestProfile, headerNames = [], phases, mix, turns } = scenario
  return [
    ...(name === undefined ? [] : [printable(name)]),
    ...(phases ? [] : [counted(streams, 'stream')]),
    ...(turns === undefined ? [] : [`${turns} turns in a session`]),
    ...(mix ? [`mix of ${counted(mix.length, 'kind')}`] : []),
    chunks === undefined ? "the mock's own number of deltas" : counted(chunks, 'delta'),
    delayMs === undefined ? "the mock's own delay" : `delay ${delayMs} ms`,
    ...(phases ? [] : [rampMs === 0 ? 'no ramp' : `ramp ${rampMs} ms`]),
    `timeout ${timeoutS} s`,
    `idle timeout ${idleS} s`,
    `content ${content}`,
    `model ${printable(model)}`,
    `max tokens ${maxTokens}`,
    ...(requestProfile === undefined || requestProfile === 'sdk' ? [] : [`request profile ${requestProfile}`]),
    ...(headerNames.length === 0 ? [] : [`headers ${headerNames.join(', ')}`]),
    `seed ${seed}`,
    warmUpStreams === 0 ? 'no warm-up' : `warm-up ${counted(warmUpStreams, 'stream')}`,
  ].join(', ')
}

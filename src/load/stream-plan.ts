import { type Problem, UsageError } from '../base/errors.ts'
import { createRandom, mixSeed } from '../base/random.ts'
import { clientFaultText, parseClientFault, pointOf } from '../fault/client-fault.ts'
import { faultTable } from '../fault/fault-table.ts'
import { type FaultSpec, faultOf, formatPlaced, parseFault } from '../fault/parse-fault.ts'
import { selectFor } from '../fault/selection.ts'
import type { PlannedAnswer } from '../integrity/plan-verifier.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { Scenario } from '../model/scenario.ts'
import { callsTools, contentOf, stopNames, stopOf, toolNames } from '../plan/content.ts'
import { fillerText } from '../plan/filler.ts'
import { type PlanKey, planPrompt } from '../plan/key.ts'
import { type StreamSettings, settingsOf } from '../plan/mix.ts'
import { requestForm } from '../protocol/profiles/profiles.ts'
import type { PlannedClientFault } from './apply-client-fault.ts'

/**
 * Returns the function that plans a stream of a scenario by its number: its request, its client, its faults and the answer to expect.
 * A stream that would last longer than `longestMs` gets fewer deltas, at least 2.
 */
export function streamPlanner(scenario: Scenario, protocol: ProtocolName, longestMs = Number.POSITIVE_INFINITY) {
  const faults = parseAll(scenario.faults, parseFault)
  const clientFaults = parseAll(scenario.clientFaults, parseClientFault)
  const ofKinds = (scenario.mix ?? []).map(({ clientFault }) =>
    parseAll(clientFault === undefined ? [] : [clientFault], parseClientFault),
  )
  const clientFaultOf = (stream: number, settings: StreamSettings): PlannedClientFault | undefined => {
    const ofKind = ofKinds[settings.kind ?? -1] ?? []
    const fault =
      selectFor(ofKind, scenario.seed ^ 0x165667b1, stream) ??
      selectFor(clientFaults, scenario.seed ^ 0x27d4eb2f, stream)
    if (!fault) return undefined
    const { chunks = 20, delayMs = 50 } = settings
    const point = pointOf(fault.position, chunks)
    const dueMs = (point === 'over' ? chunks : typeof point === 'number' ? point : 1) * delayMs
    return { text: clientFaultText(fault), name: fault.name, point, dueMs }
  }
  return (stream: number) => {
    const settings = shortened(settingsOf(scenario, stream), longestMs)
    return {
      ...planStream(scenario, settings, faults, settings.protocol ?? protocol, stream),
      clientFault: clientFaultOf(stream, settings),
    }
  }
}

function shortened(settings: StreamSettings, longestMs: number): StreamSettings {
  const { chunks, delayMs } = settings
  if (chunks === undefined || delayMs === undefined || (chunks - 1) * delayMs <= longestMs) return settings
  return { ...settings, chunks: Math.min(chunks, Math.max(2, Math.floor(longestMs / delayMs) + 1)) }
}

/** Parses a scenario's faults. Throws a UsageError for unknown ones, such as those in a run that another version recorded. */
function parseAll<T>(
  texts: readonly string[] | undefined,
  parse: (text: string, problems: Problem[]) => T | undefined,
): readonly T[] {
  const problems: Problem[] = []
  const parsed = (texts ?? []).flatMap((text) => parse(text, problems) ?? [])
  if (problems.length > 0) throw new UsageError(problems)
  return parsed
}

/** The rules that compare stop reason and usage with the plan. */
const planRules: Readonly<Record<ProtocolName, PlannedAnswer['rules']>> = {
  'anthropic-messages': { stop: 'A12', usage: 'A13' },
  'openai-chat-completions': { stop: 'I9', usage: 'I8' },
  'openai-responses': { stop: 'I9', usage: 'I8' },
}

const tools = toolNames.map((name) => ({ name, description: 'Takes the text of the plan.' }))

/** The request of one stream, the fault that the mock plays, and the answer to expect. */
function planStream(
  { seed, model, maxTokens }: Scenario,
  { chunks, delayMs, deltaBytes, promptKb, content: choice, requestProfile: profile }: StreamSettings,
  faults: readonly FaultSpec[],
  protocol: ProtocolName,
  stream: number,
) {
  const isUsageRequested = requestForm(profile, protocol).omitsUsage !== true
  const placed = faultOf(faults, seed, stream)
  const fault = placed && formatPlaced(placed)
  const content = (placed && faultTable[placed.name].content) ?? contentOf(choice, seed, stream)
  const key = { seed, stream, chunks, delayMs, deltaBytes, content: content === 'plain' ? undefined : content, fault }
  return {
    form: { protocol, profile },
    ask: {
      model,
      prompt: promptOf(key, promptKb),
      maxTokens,
      tools: callsTools(content) ? tools : undefined,
      session: sessionOf(seed, stream),
    },
    fault,
    planned: {
      key: { seed, stream, content, deltaBytes },
      chunks,
      model,
      stop: stopNames[protocol][stopOf[content]],
      rules: planRules[protocol],
      isUsageSent: isUsageRequested ? placed === undefined || faultTable[placed.name].hidesUsage !== true : undefined,
    },
  }
}

/** The prompt of a stream: its plan, and text up to its size. */
function promptOf(key: PlanKey, promptKb: number | undefined): string {
  const prompt = planPrompt(key)
  if (promptKb === undefined) return prompt
  const missing = Math.round(promptKb * 1024) - prompt.length - 2
  return missing > 0 ? `${prompt}\n\n${fillerText(key.seed, key.stream, missing)}` : prompt
}

/** The session id of a stream's client, in the form of a random UUID: the same for the same stream in each run. */
function sessionOf(seed: number, stream: number): string {
  const random = createRandom(mixSeed(stream, seed))
  const hex = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

import { type Problem, UsageError } from '../base/errors.ts'
import { createRandom, mixSeed } from '../base/random.ts'
import { clientFaultText, parseClientFault, pointOf } from '../fault/client-fault.ts'
import { faultTable } from '../fault/fault-table.ts'
import { faultOf, formatPlaced, type PlacedFault, parseFault } from '../fault/parse-fault.ts'
import { selectFor } from '../fault/selection.ts'
import type { PlannedAnswer } from '../integrity/plan-verifier.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { Scenario } from '../model/scenario.ts'
import { callsTools, contentOf, stopNames, stopOf, toolNames } from '../plan/content.ts'
import { type StreamSettings, settingsOf } from '../plan/mix.ts'
import { requestForm } from '../protocol/profiles/profiles.ts'
import type { PlannedClientFault } from './apply-client-fault.ts'
import { type PlannedTurn, promptOf } from './session.ts'

/**
 * Returns the function that plans a stream of a scenario by its number, and by those of the earlier streams of its session: its request, its client, its faults and the answer to expect.
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
  const turnOf = (stream: number): PlannedTurn & { readonly placed: PlacedFault | undefined } => {
    const settings = shortened(settingsOf(scenario, stream), longestMs)
    const { seed } = scenario
    const { chunks, delayMs, deltaBytes, content: choice } = settings
    const placed = faultOf(faults, seed, stream)
    const content = (placed && faultTable[placed.name].content) ?? contentOf(choice, seed, stream)
    const fault = placed && formatPlaced(placed)
    const key = { seed, stream, chunks, delayMs, deltaBytes, content: content === 'plain' ? undefined : content, fault }
    return { key, content, settings, placed }
  }
  return (stream: number, earlier: readonly number[] = []) => {
    const turn = turnOf(stream)
    const { settings } = turn
    return {
      ...planStream(scenario, turn, earlier.map(turnOf), settings.protocol ?? protocol),
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
  { model, maxTokens }: Scenario,
  turn: PlannedTurn & { readonly placed: PlacedFault | undefined },
  earlier: readonly PlannedTurn[],
  protocol: ProtocolName,
) {
  const { key, content, settings, placed } = turn
  const { requestProfile: profile, chunks } = settings
  const isUsageRequested = requestForm(profile, protocol).omitsUsage !== true
  const { prompt, history } = promptOf(turn, earlier)
  const session = history ? (earlier[0] ?? turn) : turn
  const usesTools = callsTools(content) || history?.turns.some(({ calls }) => calls.length > 0)
  return {
    form: { protocol, profile },
    ask: {
      model,
      prompt,
      maxTokens,
      tools: usesTools ? tools : undefined,
      session: sessionOf(session.key.seed, session.key.stream),
      history,
    },
    /** Its number in its session, from 0. */
    turn: history?.turns.length ?? 0,
    fault: key.fault,
    planned: {
      key: { seed: key.seed, stream: key.stream, content, deltaBytes: key.deltaBytes },
      chunks,
      model,
      stop: stopNames[protocol][stopOf[content]],
      rules: planRules[protocol],
      isUsageSent: isUsageRequested ? placed === undefined || faultTable[placed.name].hidesUsage !== true : undefined,
    },
  }
}

/** The session id of a stream's client, in the form of a random UUID: the same for the same stream in each run. */
function sessionOf(seed: number, stream: number): string {
  const random = createRandom(mixSeed(stream, seed))
  const hex = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

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
import { planPrompt } from '../plan/key.ts'
import { requestForm } from '../protocol/profiles/profiles.ts'
import type { PlannedClientFault } from './apply-client-fault.ts'

/** Returns the function that plans a stream of a scenario by its number: its request, its faults and the answer to expect. */
export function streamPlanner(scenario: Scenario, protocol: ProtocolName) {
  const faults = parseAll(scenario.faults, parseFault)
  const clientFaults = parseAll(scenario.clientFaults, parseClientFault)
  const clientFaultOf = (stream: number): PlannedClientFault | undefined => {
    const fault = selectFor(clientFaults, scenario.seed ^ 0x27d4eb2f, stream)
    if (!fault) return undefined
    const { chunks = 20, delayMs = 50 } = scenario
    const point = pointOf(fault.position, chunks)
    const dueMs = (point === 'over' ? chunks : typeof point === 'number' ? point : 1) * delayMs
    return { text: clientFaultText(fault), name: fault.name, point, dueMs }
  }
  return (stream: number) => ({
    ...planStream(scenario, faults, protocol, stream),
    clientFault: clientFaultOf(stream),
  })
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
function planStream(scenario: Scenario, faults: readonly FaultSpec[], protocol: ProtocolName, stream: number) {
  const { seed, chunks, delayMs, model, maxTokens, requestProfile = 'sdk' } = scenario
  const isUsageRequested = requestForm(requestProfile, protocol).omitsUsage !== true
  const placed = faultOf(faults, seed, stream)
  const fault = placed && formatPlaced(placed)
  const content = (placed && faultTable[placed.name].content) ?? contentOf(scenario.content, seed, stream)
  const key = { seed, stream, chunks, delayMs, content: content === 'plain' ? undefined : content, fault }
  return {
    ask: {
      model,
      prompt: planPrompt(key),
      maxTokens,
      tools: callsTools(content) ? tools : undefined,
      session: sessionOf(seed, stream),
    },
    fault,
    planned: {
      key: { seed, stream, content },
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

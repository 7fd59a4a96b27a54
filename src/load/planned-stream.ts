import { known } from '../base/known.ts'
import { faultTable } from '../fault/fault-table.ts'
import { type FaultSpec, faultOf, formatPlaced } from '../fault/parse-fault.ts'
import type { PlannedAnswer } from '../integrity/plan-verifier.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { Scenario } from '../model/scenario.ts'
import { contentOf, toolNames } from '../plan/content.ts'
import { planPrompt } from '../plan/key.ts'

/** Names of the rules that say that stop reason and usage are the planned ones. */
const rulesOf: Readonly<Record<ProtocolName, PlannedAnswer['rules']>> = {
  'anthropic-messages': { stop: 'A12', usage: 'A13' },
  'openai-chat-completions': { stop: 'I9', usage: 'I8' },
  'openai-responses': { stop: 'I9', usage: 'I8' },
}

const tools = toolNames.map((name) => ({ name, description: 'Takes the text that the plan says.' }))

/** What one stream of a load asks for, and what its answer is compared with. */
export function plannedStream(
  scenario: Scenario,
  faults: readonly FaultSpec[],
  protocol: ProtocolName,
  stream: number,
) {
  const { seed, chunks, delayMs, model, maxTokens } = scenario
  const placed = faultOf(faults, seed, stream)
  const fault = placed && formatPlaced(placed)
  const content = (placed && faultTable[placed.name].content) ?? contentOf(scenario.content, seed, stream)
  const asked = known({ seed, stream, chunks, delayMs, content: content === 'plain' ? undefined : content, fault })
  return {
    ask: { model, prompt: planPrompt(asked), maxTokens, ...(content === 'tools' && { tools }) },
    fault,
    planned: {
      key: { seed, stream, content },
      chunks,
      model,
      rules: rulesOf[protocol],
      isUsageSent: placed === undefined || faultTable[placed.name].hidesUsage !== true,
    },
  }
}

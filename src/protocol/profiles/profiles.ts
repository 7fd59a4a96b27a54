import type { Problem } from '../../base/errors.ts'
import { parseObject } from '../../base/json.ts'
import type { ProfileName } from '../../model/profile-name.ts'
import type { ProtocolName } from '../../model/protocol-name.ts'
import { historyForms, withHistoryPlaces } from '../history.ts'
import type { Ask } from '../protocol.ts'
import { protocols } from '../protocols.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import { minimal } from './minimal.ts'
import { openaiSdk } from './openai-sdk.ts'
import type { RequestForm, RequestProfile } from './profile.ts'
import { sdk } from './sdk.ts'

/** Every request profile, by name. */
export const requestProfiles: Readonly<Record<ProfileName, RequestProfile>> = {
  sdk,
  'claude-code': claudeCode,
  codex,
  'openai-sdk': openaiSdk,
  minimal,
}

/** What is wrong with a profile for this protocol; `where` names the option. */
export function profileProblems(profile: ProfileName, protocol: ProtocolName, where: string): readonly Problem[] {
  const spoken = Object.keys(requestProfiles[profile])
  if (spoken.includes(protocol)) return []
  return [
    {
      where,
      message: `${profile} speaks ${spoken.join(' and ')} (protocol is ${protocol})`,
      hint: 'Choose its protocol, or another profile: sdk and minimal speak every protocol.',
    },
  ]
}

/** The form of a profile's requests in this protocol. Only for pairs that `profileProblems` accepts. */
export function requestForm(profile: ProfileName, protocol: ProtocolName): RequestForm {
  const form = requestProfiles[profile][protocol]
  if (!form) throw new Error(`the profile ${profile} has no requests in ${protocol}`)
  return form
}

/** Prepares the bodies of a profile in this protocol. The result writes the body of one stream as JSON text. */
export function bodyWriter(profile: ProfileName, protocol: ProtocolName): (ask: Ask) => string {
  const { body } = requestForm(profile, protocol)
  // Split once: of a large body, only the few values that differ are written for each stream.
  const piecesByTools = [body, withHistoryPlaces(body)].map((form) => {
    const known = new Map<Ask['tools'], readonly string[]>()
    return (tools: Ask['tools']) => {
      const pieces =
        known.get(tools) ?? piecesOf(JSON.stringify(withTools(form, (tools ?? []).map(protocols[protocol].tool))))
      known.set(tools, pieces)
      return pieces
    }
  })
  const { before, inLast } = historyForms[protocol]
  return ({ model, prompt, maxTokens, session, tools, history }) => {
    const pieces = piecesByTools[history ? 1 : 0]?.(tools) ?? []
    const values = new Map([
      ['"{history}",', history ? elements(before(history)) : ''],
      ['"{results}",', history ? elements(inLast(history.results)) : ''],
      ['"{model}"', JSON.stringify(model)],
      ['"{prompt}"', JSON.stringify(prompt)],
      ['"{max_tokens}"', `${maxTokens}`],
      ['{session}', session],
    ])
    return pieces.map((piece) => values.get(piece) ?? piece).join('')
  }
}

/** The body of one request as an object. */
export function requestBody(protocol: ProtocolName, ask: Omit<Ask, 'session'>, profile: ProfileName = 'sdk'): object {
  const session = '00000000-0000-4000-8000-000000000000'
  return parseObject(bodyWriter(profile, protocol)({ ...ask, session })) ?? {}
}

/** Elements of a list, each with its comma. */
function elements(list: readonly object[]): string {
  return list.map((element) => `${JSON.stringify(element)},`).join('')
}

function piecesOf(json: string): readonly string[] {
  return json.split(/("\{(?:model|prompt|max_tokens)\}"|"\{(?:history|results)\}",|\{session\})/)
}

/** The body with the tools of the plan among its own; without any tool it has no `tools`. */
function withTools({ tools, ...body }: RequestForm['body'], planned: readonly object[]): object {
  const all = (Array.isArray(tools) ? tools : []).flatMap((tool) => (tool === '{planned_tools}' ? planned : [tool]))
  return all.length === 0 ? body : { ...body, tools: all }
}

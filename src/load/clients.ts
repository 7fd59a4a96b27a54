import type { StreamKind } from '../model/mix.ts'
import type { ProfileName } from '../model/profile-name.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import { bodyWriter } from '../protocol/profiles/profiles.ts'
import type { Ask, Protocol } from '../protocol/protocol.ts'
import { protocols } from '../protocol/protocols.ts'
import { type Endpoint, resolveEndpoint } from './endpoint.ts'

/** Which client a stream stands for: its protocol, and its requests in it. */
export interface ClientForm {
  readonly protocol: ProtocolName
  readonly profile: ProfileName
}

/** How the streams of one client form are sent and read. */
export interface LoadClient {
  readonly endpoint: Endpoint
  readonly protocol: Protocol
  readonly bodyOf: (ask: Ask) => string
}

/** Prepares every client form of a scenario. The result returns the client of a form, without allocating. */
export async function loadClients(
  { mix = [], requestProfile = 'sdk' }: Pick<Scenario, 'mix' | 'requestProfile'>,
  target: Target,
  headers: Readonly<Record<string, string>> | undefined,
): Promise<(form: ClientForm) => LoadClient> {
  const clients = new Map<ProtocolName, Map<ProfileName, LoadClient>>()
  const forms: readonly Partial<Pick<StreamKind, 'protocol' | 'requestProfile'>>[] = mix.length > 0 ? mix : [{}]
  for (const { protocol = target.protocol, requestProfile: profile = requestProfile } of forms) {
    const ofProtocol = clients.get(protocol) ?? new Map<ProfileName, LoadClient>()
    clients.set(protocol, ofProtocol)
    if (ofProtocol.has(profile)) continue
    ofProtocol.set(profile, {
      endpoint: await resolveEndpoint({ ...target, protocol }, { profile, headers }),
      protocol: protocols[protocol],
      bodyOf: bodyWriter(profile, protocol),
    })
  }
  return ({ protocol, profile }) => {
    const client = clients.get(protocol)?.get(profile)
    if (!client) throw new Error(`no client for ${profile} in ${protocol}`)
    return client
  }
}

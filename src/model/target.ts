/** The wire protocols that a stream can speak, in the order in which `--help` lists them. */
export const protocolNames = ['anthropic-messages', 'openai-chat-completions', 'openai-responses'] as const
/** One of `protocolNames`. */
export type ProtocolName = (typeof protocolNames)[number]

/** What a load aims at: a base URL (no trailing slash) and the protocol to speak there. */
export interface Target {
  readonly baseUrl: string
  readonly protocol: ProtocolName
}

/** The port that a URL of HTTP or HTTPS names, or the usual one. */
export function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

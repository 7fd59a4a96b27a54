/** The wire protocols that a stream can use, in the order in which `--help` lists them. */
export const protocolNames = ['anthropic-messages', 'openai-chat-completions', 'openai-responses'] as const
/** One of `protocolNames`. */
export type ProtocolName = (typeof protocolNames)[number]

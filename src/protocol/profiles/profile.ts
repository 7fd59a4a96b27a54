import type { ProtocolName } from '../../model/protocol-name.ts'

/**
 * The requests of one client in one protocol, as data. Five placeholders stand for what differs between streams: `{model}`,
 * `{prompt}` and `{max_tokens}` are complete values, `{session}` is an id within any text (headers too), and `{planned_tools}`,
 * an element of `tools`, is replaced by the tools of the plan.
 */
export interface RequestForm {
  /** Query of the URL, without its question mark. */
  readonly query?: string
  /** Headers as the client spells them. `Host`, `Content-*`, `Accept-Encoding` and `Connection` are the harness's own. */
  readonly headers: Readonly<Record<string, string>>
  /** The JSON body. The prompt is in the last user message, because the mock reads the plan there. */
  readonly body: Readonly<Record<string, unknown>>
  /** Whether the client does not request usage; then the answer may lack it. */
  readonly omitsUsage?: true
}

/** The requests of one client in every protocol that it speaks. */
export type RequestProfile = Readonly<Partial<Record<ProtocolName, RequestForm>>>

/** What both Stainless-generated SDKs (Anthropic's and OpenAI's) report about themselves, with `version` of the package. */
export function stainlessHeaders(version: string): Record<string, string> {
  return {
    'X-Stainless-Retry-Count': '0',
    'X-Stainless-Timeout': '600',
    'X-Stainless-Lang': 'js',
    'X-Stainless-Package-Version': version,
    'X-Stainless-OS': 'Linux',
    'X-Stainless-Arch': 'x64',
    'X-Stainless-Runtime': 'node',
    'X-Stainless-Runtime-Version': 'v24.3.0',
  }
}

/** What ccr-rust's configuration depends on. */
export interface CcrRustConfig {
  readonly port: number
  readonly mockPort: number
  /** As a request names it: `provider,model`, or a model alone, which is then the provider `mock`'s. */
  readonly model: string
  /** What the longest stream is expected to take, in ms. */
  readonly streamMs: number
  /** Its deadline, in ms, where one is wanted that is not long enough for each stream. */
  readonly idleLimitMs?: number
}

const shortestApiTimeoutMs = 600_000

/** The JSON that ccr-rust is given, with its names: one provider, the mock, which everything is routed to. */
export function ccrRustConfig({ port, mockPort, model, streamMs, idleLimitMs }: CcrRustConfig): string {
  const comma = model.indexOf(',')
  const provider = comma < 0 ? 'mock' : model.slice(0, comma)
  const name = comma < 0 ? model : model.slice(comma + 1)
  const config = {
    HOST: '127.0.0.1',
    PORT: port,
    // The gateway's own deadline must not end a stream that the plan makes long.
    API_TIMEOUT_MS: idleLimitMs ?? Math.max(shortestApiTimeoutMs, 2 * streamMs),
    Providers: [{ name: provider, api_base_url: `http://127.0.0.1:${mockPort}/v1`, api_key: 'dummy', models: [name] }],
    Router: { default: `${provider},${name}` },
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startMock } from '../src/mock/mock.ts'
import { contentKinds } from '../src/model/content.ts'
import type { ProfileName } from '../src/model/profile-name.ts'
import type { ProtocolName } from '../src/model/protocol-name.ts'
import { contentOf, toolNames } from '../src/plan/content.ts'
import { requestProfiles } from '../src/protocol/profiles/profiles.ts'
import { startReferenceGateway } from '../src/reference/reference-gateway.ts'
import { load, loadOne } from './fixtures/load.ts'
import { fin, startScriptServer } from './fixtures/script-server.ts'
import { silentLog } from './fixtures/silent-log.ts'

const plan = { chunks: 12, delayMs: 0, content: 'all', maxTokens: 4096, isPlanCertain: true } as const
const local = { host: '127.0.0.1', port: 0, log: silentLog } as const

const mock = await startMock({ ...local, chunks: 1, delayMs: 0 })
const gateway = await startReferenceGateway({ ...local, upstream: `${mock.url}/v1` })
const recorder = await startScriptServer(['HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n', fin])
after(async () => {
  for (const server of [recorder, gateway, mock]) await server[Symbol.asyncDispose]()
})

const pairs = Object.entries(requestProfiles).flatMap(([requestProfile, forms]) =>
  Object.keys(forms).map((protocol) => [requestProfile as ProfileName, protocol as ProtocolName] as const),
)

/** The request of one stream: its first line, its headers by lower-case name, and its body. */
async function sent(requestProfile: ProfileName, protocol: ProtocolName, settings: Parameters<typeof loadOne>[1] = {}) {
  await loadOne(recorder.baseUrl, { ...plan, content: 'plain', requestProfile, protocol, ...settings })
  const [head = '', body = ''] = (recorder.requests.at(-1) ?? '').split('\r\n\r\n')
  const [line, ...fields] = head.split('\r\n')
  const pairs = fields.map((field) => field.split(/: /, 2) as [string, string])
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]))
  assert.equal(pairs.length, Object.keys(headers).length, 'a header is sent twice')
  return { line, headers, body: JSON.parse(body) }
}

describe('the requests of each profile', () => {
  for (const [requestProfile, protocol] of pairs) {
    for (const [where, url] of [
      ['the mock', mock.url],
      ['the reference gateway', gateway.url],
    ] as const)
      it(`get every kind of planned answer complete: ${requestProfile} in ${protocol} from ${where}`, async () => {
        const streams = 40
        const { records } = await load(url, { ...plan, streams, requestProfile, protocol, seed: 3 })
        const kinds = new Set(records.map(({ stream }) => contentOf('all', 3, stream)))
        assert.equal(kinds.size, contentKinds.length)
        const wrong = records.filter(({ outcome, findings }) => outcome.state !== 'whole' || findings !== undefined)
        assert.deepEqual(wrong.slice(0, 3), [])
        assert.equal(records.length, streams)
      })

    it(`keep the plan in the last user message, and the planned tools among the tools: ${requestProfile} in ${protocol}`, async () => {
      const { body } = await sent(requestProfile, protocol, { content: 'tools' })
      const messages = body.messages ?? body.input
      assert.match(JSON.stringify(typeof messages === 'string' ? messages : messages.at(-1)), /\[plan seed=7 stream=0 /)
      const names = body.tools.map(
        (tool: { name?: string; function?: { name: string } }) => tool.name ?? tool.function?.name,
      )
      assert.equal(new Set(names).size, names.length)
      for (const name of toolNames) assert.ok(names.includes(name), names.join())
    })

    it(`differ only in prompt and session from stream to stream: ${requestProfile} in ${protocol}`, async () => {
      const [first, second, again] = [
        await sent(requestProfile, protocol, { firstStream: 1 }),
        await sent(requestProfile, protocol, { firstStream: 2 }),
        await sent(requestProfile, protocol, { firstStream: 1 }),
      ]
      assert.deepEqual(again, first)
      const general = (request: object) =>
        JSON.stringify(request)
          .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}/g, 'session')
          .replaceAll(/Stream \d+: |stream=\d+/g, '')
      assert.equal(general(second), general(first))
      assert.doesNotMatch(general(first), /\{(?:model|prompt|max_tokens|session|planned_tools)\}/)
    })
  }

  it('are those of the official SDK of the protocol by default', async () => {
    const anthropic = await sent('sdk', 'anthropic-messages')
    assert.equal(anthropic.line, 'POST /v1/messages HTTP/1.1')
    assert.match(anthropic.headers['user-agent'] ?? '', /^Anthropic\/JS /)
    assert.equal(anthropic.headers['anthropic-version'], '2023-06-01')
    assert.equal(anthropic.headers['x-stainless-lang'], 'js')
    assert.equal(anthropic.headers['accept-encoding'], 'identity')
    assert.deepEqual(Object.keys(anthropic.body).sort(), ['max_tokens', 'messages', 'model', 'stream'])
    const chat = await sent('sdk', 'openai-chat-completions')
    assert.match(chat.headers['user-agent'] ?? '', /^OpenAI\/JS /)
    assert.deepEqual(chat.body.stream_options, { include_usage: true })
  })

  it('mark each input item of Responses as a message', async () => {
    for (const [requestProfile, protocol] of pairs) {
      if (protocol !== 'openai-responses' || requestProfile === 'minimal') continue
      const { body } = await sent(requestProfile, protocol)
      for (const item of body.input) {
        assert.equal(item.type, 'message', requestProfile)
        for (const part of item.content) assert.equal(part.type, 'input_text')
      }
    }
  })

  it('have what Claude Code adds: betas, system blocks with cache control, metadata, its tools', async () => {
    const { line, headers, body } = await sent('claude-code', 'anthropic-messages')
    assert.equal(line, 'POST /v1/messages?beta=true HTTP/1.1')
    assert.match(headers['user-agent'] ?? '', /^claude-cli\//)
    assert.match(headers['anthropic-beta'] ?? '', /claude-code-20250219/)
    assert.equal(headers['x-app'], 'cli')
    for (const block of body.system) assert.deepEqual(block.cache_control, { type: 'ephemeral' })
    const session = headers['x-claude-code-session-id']
    assert.match(body.metadata.user_id, new RegExp(`_session_${session}$`))
    for (const tool of body.tools) assert.equal(tool.input_schema.type, 'object')
    assert.equal(body.messages[0].content.length, 2)
  })

  it('have what Codex adds: instructions, no storage, encrypted reasoning, a cache key, no token limit', async () => {
    const { headers, body } = await sent('codex', 'openai-responses')
    assert.equal(headers['originator'], 'codex_cli_rs')
    assert.equal(headers['accept'], 'text/event-stream')
    assert.equal(body.prompt_cache_key, headers['session_id'])
    assert.equal(typeof body.instructions, 'string')
    assert.deepEqual([body.store, body.parallel_tool_calls, body.tool_choice], [false, true, 'auto'])
    assert.deepEqual(body.include, ['reasoning.encrypted_content'])
    assert.ok(!('max_output_tokens' in body))
    assert.deepEqual([...new Set(body.tools.map(({ type }: { type: string }) => type))].sort(), ['custom', 'function'])
  })

  it('have the least that is valid with minimal', async () => {
    const members = async (protocol: ProtocolName) => Object.keys((await sent('minimal', protocol)).body).sort()
    assert.deepEqual(await members('anthropic-messages'), ['max_tokens', 'messages', 'model', 'stream'])
    assert.deepEqual(await members('openai-chat-completions'), ['messages', 'model', 'stream'])
    assert.deepEqual(await members('openai-responses'), ['input', 'model', 'stream'])
  })
})

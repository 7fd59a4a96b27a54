import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Problem, UsageError } from '../base/errors.ts'
import { runScenario } from '../library/session.ts'
import { parseHeader, requestHeaders, wordsWithoutSecrets } from './request-headers.ts'
import { experimentOf } from './scenario.ts'

function headersOf(texts: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const problems: Problem[] = []
  const headers = texts.flatMap((text) => parseHeader(text, problems) ?? [])
  const options = { headers, apiKeyEnv: undefined, protocol: 'anthropic-messages' } as const
  return problems.length === 0 ? requestHeaders(options, env, problems) : problems
}

test('a header has its value from the text, from the environment, or from both', () => {
  assert.deepEqual(headersOf(['X-Team: blue:green ', 'X-Empty:a']), { 'X-Team': 'blue:green', 'X-Empty': 'a' })
  assert.deepEqual(headersOf(['X-Key: @KEY'], { KEY: 'of-the-environment' }), { 'X-Key': 'of-the-environment' })
  assert.deepEqual(headersOf(['Authorization: Bearer @KEY'], { KEY: 'of-the-environment' }), {
    Authorization: 'Bearer of-the-environment',
  })
  assert.deepEqual(headersOf(['X-Mail: me@home']), { 'X-Mail': 'me@home' })
  assert.equal(headersOf([]), undefined)
})

test('a key is sent as the SDK of each protocol sends it', () => {
  const sent = (['anthropic-messages', 'openai-chat-completions', 'openai-responses'] as const).map((protocol) =>
    requestHeaders({ headers: [], apiKeyEnv: 'KEY', protocol }, { KEY: 'key-of-the-test' }, []),
  )
  const bearer = { Authorization: 'Bearer key-of-the-test' }
  assert.deepEqual(sent, [{ 'x-api-key': 'key-of-the-test' }, bearer, bearer])
})

test('the arguments that are stored have no values of headers, but the names of variables', () => {
  const words = [
    'run',
    '--header',
    'X-Api-Key: abc',
    '--header=X-Team:blue',
    '--header',
    'A: Bearer @KEY',
    '--seed',
    '3',
  ]
  assert.deepEqual(wordsWithoutSecrets(words), [
    ...['run', '--header', 'X-Api-Key: [redacted]', '--header=X-Team: [redacted]', '--header', 'A: Bearer @KEY'],
    ...['--seed', '3'],
  ])
  assert.deepEqual(wordsWithoutSecrets(['run', '--header', 'a-key-without-name']), ['run', '--header', '[redacted]'])
  const kept = [
    '--header',
    'anthropic-beta: x-1',
    '--header=User-Agent: me/1',
    '--api-key-env',
    'KEY',
    '--model',
    'a@b',
  ]
  assert.deepEqual(wordsWithoutSecrets(kept), kept)
  assert.deepEqual(wordsWithoutSecrets(['--ccr-source', 'https://me:token@host/x.git#a', '--ccr-source=git://t@h/x']), [
    ...['--ccr-source', 'https://[redacted]@host/x.git#a', '--ccr-source=git://[redacted]@h/x'],
  ])
})

test('the library takes headers, and its scenario has their names only', async () => {
  const env = { KEY: 'key-of-the-library' }
  const options = { headers: ['X-Team: @KEY'], apiKeyEnv: 'KEY', requestProfile: 'claude-code' } as const
  const { scenario, headers } = experimentOf(options, undefined, env)
  assert.deepEqual(headers, { 'X-Team': env.KEY, 'x-api-key': env.KEY })
  assert.deepEqual(scenario.headerNames, ['X-Team', 'x-api-key'])
  assert.doesNotMatch(JSON.stringify(scenario), /key-of-the-library/)
  assert.equal(scenario.requestProfile, 'claude-code')
  assert.throws(
    () => experimentOf({ requestProfile: 'codex' }),
    /^UsageError: requestProfile: codex speaks openai-responses/,
  )
  assert.throws(() => experimentOf({ apiKeyEnv: 'UNSET_KEY' }, undefined, {}), /^UsageError: apiKeyEnv needs the env/)
  // Nothing is started: the runner in a container gets no secrets.
  await assert.rejects(runScenario({ driver: 'compose' }, { headers: ['X-Team: blue'] }), UsageError)
})

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { faultNames } from '../fault/fault-table.ts'
import { planPrompt } from '../plan/key.ts'
import { requestBody } from '../protocol/profiles/profiles.ts'
import { protocols } from '../protocol/protocols.ts'
import { startMock } from './mock.ts'

/** How Node.js sees a stream with a fault: its `connection` header, and whether its body is complete. */
async function fetched(t: TestContext, fault: string) {
  const mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 4, delayMs: 0, log: silentLog })
  t.after(() => mock[Symbol.asyncDispose]())
  const name = 'openai-chat-completions'
  const prompt = planPrompt({ seed: 1, stream: 0, chunks: 4, delayMs: 0, fault })
  const body = JSON.stringify(requestBody(name, { model: 'mock-model', prompt, maxTokens: 64 }))
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${mock.url}${protocols[name].path}`, { method: 'POST', headers, body })
  const connection = answer.headers.get('connection')
  const ended = await answer.text().then(
    () => true,
    () => false,
  )
  return { connection, ended }
}

/** Faults that cut the connection after the head of the answer. */
const cuts = faultNames.filter((name) => /^(fin|reset|length-long)(-|$)/.test(name) && !name.endsWith('before-headers'))

describe('a faulty answer', () => {
  for (const fault of cuts)
    it(`is cut without "connection: close", and clients notice it: ${fault}`, async (t) => {
      assert.deepEqual(await fetched(t, fault), { connection: null, ended: false })
    })

  for (const fault of ['truncate', 'error', 'done-twice'])
    it(`has "connection: close" if it is complete: ${fault}`, async (t) => {
      assert.deepEqual(await fetched(t, fault), { connection: 'close', ended: true })
    })

  for (const fault of ['garbage-after-end', 'length-short'])
    it(`has "connection: close" if bytes follow its end: ${fault}`, async (t) => {
      assert.equal((await fetched(t, fault)).connection, 'close')
    })
})

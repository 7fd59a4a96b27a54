import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Listening } from '../src/base/listen.ts'
import { type Mock, startMock } from '../src/mock/mock.ts'
import { protocolNames } from '../src/model/protocol-name.ts'
import { fieldResponses, fieldStreams, isVerdict, skipCorpora, verdictOf } from './fixtures/field/cases.ts'
import { httpMutations } from './fixtures/field/http-mutations.ts'
import { type Mutation, startMutatingProxy } from './fixtures/field/mutating-proxy.ts'
import type { StreamMutation } from './fixtures/field/stream-mutation.ts'
import { streamMutations } from './fixtures/field/stream-mutations.ts'
import { type LoadSettings, load } from './fixtures/load.ts'
import { tampered } from './fixtures/misbehaving/frames.ts'
import { chunk, lastChunk, sseHead } from './fixtures/response-bytes.ts'
import { silentLog } from './fixtures/silent-log.ts'

const mutations = new Map<string, Mutation>()
for (const { id, tamper } of streamMutations)
  mutations.set(encodeURIComponent(id), (body) => ({
    bytes: Buffer.concat([Buffer.from(sseHead), chunk(tampered(tamper, body)), Buffer.from(lastChunk)]),
    ending: 'fin',
  }))
for (const [name, { mutation }] of Object.entries(httpMutations)) mutations.set(name, mutation)

/** A planned run through the mutating proxy. */
const planned: LoadSettings = {
  chunks: 12,
  delayMs: 1,
  streams: 2,
  isPlanCertain: true,
  maxTokens: 4096,
  timeoutS: 10,
}

describe('a planned stream through a proxy that changes it as gateways in the field do', { concurrency: 6 }, () => {
  let mock: Mock
  let proxy: Listening
  before(async () => {
    mock = await startMock({ host: '127.0.0.1', port: 0, log: silentLog, chunks: 1, delayMs: 0 })
    proxy = await startMutatingProxy(mock.url, mutations)
  })
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    await mock[Symbol.asyncDispose]()
  })

  for (const { id, protocol, content = 'plain', verdict, rule, plan } of streamMutations)
    it(`${id} is judged as ${verdict}`, async () => {
      const baseUrl = `${proxy.url}/${encodeURIComponent(id)}`
      const { records } = await load(baseUrl, { ...planned, protocol, content })
      assert.equal(records.length, 2)
      for (const record of records) {
        const { outcome, findings = [] } = record
        const shown = JSON.stringify({ outcome, findings })
        const broken = findings.map((finding) => finding.rule)
        assert.ok(isVerdict(verdictOf(record, plan), verdict), shown)
        if (rule) assert.ok(broken.includes(rule), shown)
        for (const planRule of plan ?? []) assert.ok(broken.includes(planRule), shown)
      }
    })

  for (const protocol of protocolNames)
    for (const [name, { verdict, kind = 'whole' }] of Object.entries(httpMutations))
      it(`${name} is judged as ${verdict} in ${protocol}`, async () => {
        const { records } = await load(`${proxy.url}/${name}`, { ...planned, protocol })
        assert.equal(records.length, 2)
        for (const record of records) {
          const { outcome, findings } = record
          assert.ok(isVerdict(verdictOf(record), verdict), JSON.stringify({ outcome, findings }))
          assert.equal(outcome.state === 'failed' ? outcome.kind : outcome.state, kind)
        }
      })
})

describe('the table of mutations', { skip: skipCorpora }, () => {
  it('has each stream of the corpora, with its protocol and verdict', () => {
    const rows = new Map<string, StreamMutation>(streamMutations.map((row) => [row.id, row]))
    assert.equal(rows.size, streamMutations.length)
    for (const { id, protocol, verdict } of fieldStreams) {
      const row = rows.get(id)
      assert.equal(row?.protocol, protocol, id)
      assert.equal(isVerdict(row.verdict, verdict), row.unlikeCorpora === undefined, id)
    }
  })

  it('has each response of the corpora, with its verdict', () => {
    for (const { id, verdict } of fieldResponses) {
      const row = httpMutations[id]
      assert.ok(row && isVerdict(row.verdict, verdict), id)
    }
  })
})

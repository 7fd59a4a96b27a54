import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presentAmong } from './present.ts'

const context = { rounds: 1, holdS: 1, signal: new AbortController().signal, say: () => undefined }
const contenders = { ours: 'client-ours', oha: 'client-oha', both: ['client-epoll.c', 'client-aiohttp.py'] }

test('a missing contender gets a row with the remedy, and the others run', async () => {
  const env = { PATH: process.env['PATH'], CCR_SSE_STRESS_BENCH: '/nowhere' }
  const { names, absent } = await presentAmong(contenders, { ...context, env })
  assert.deepEqual(names, ['ours'])
  assert.deepEqual(absent, [
    ['oha', 'not installed: npm run bench:install'],
    ['both', 'not installed: npm run bench:install'],
  ])
})

test('a C source needs a compiler, which the benchmark does not install', async () => {
  const { absent } = await presentAmong({ c: 'client-epoll.c' }, { ...context, env: { PATH: '/nowhere' } })
  assert.deepEqual(absent, [['c', 'no C compiler: cc is not on PATH']])
})

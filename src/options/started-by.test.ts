import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startedBy } from './started-by.ts'

const installed = { script: '/x/node_modules/.bin/ccr-sse-stress', isInCheckout: false }
const up = ['run', '--topology=standing', '--ccr-url=http://ccr:3456', '--streams=100']

describe('how a command was started', () => {
  it('is npx, npm in a checkout, or node with the path of the checkout elsewhere', () => {
    const programs = [
      installed,
      { script: '/my checkout/src/cli.ts', isInCheckout: true },
      { script: '/my checkout/src/cli.ts', isInCheckout: false },
    ].map((from) => startedBy({ words: ['run'], env: {}, ...from }).program)
    assert.deepEqual(programs, ['npx ccr-sse-stress', 'npm run -s cli --', "node '/my checkout/src/cli.ts'"])
  })

  it('has the variables that choose the gateway, unless a flag replaces them', () => {
    const env = { CCR_BIN: './ccr', CCR_SOURCE: '', CCR_CPUS: '2', HOME: '/root', GATEWAY_KEY: 'secret' }
    const of = (words: readonly string[]) => startedBy({ words, env, ...installed }).variables
    assert.deepEqual(of(['run']), { CCR_BIN: './ccr' })
    assert.equal(of(['run', '--ccr-bin=x']), undefined)
    assert.equal(of(['stress']), undefined)
    assert.deepEqual(of(['run', '--topology', 'compose']), { CCR_CPUS: '2' })
    assert.equal(of(['run', '--topology=compose', '--ccr-cpus', '1']), undefined)
  })

  it('is `docker compose up` with its files and variables in the container of a runner', () => {
    const env = {
      CCR_SSE_STRESS_VARIABLES:
        '\n\nCHUNKS=5\n\nFAULTS=truncate:0.1 reset:0.1\nCCR_SOURCE=https://me:token@host/x.git#a=b\n',
      CCR_SSE_STRESS_OVERRIDE_GATEWAY_MOCK: 'docker-compose.gateway-mock.yml',
      CCR_SSE_STRESS_OVERRIDE_REFERENCE: 'docker-compose.reference.yml',
    }
    assert.deepEqual(startedBy({ words: up, env, ...installed }), {
      program:
        'docker compose -f docker-compose.yml -f docker-compose.reference.yml -f docker-compose.gateway-mock.yml up --build --abort-on-container-exit',
      variables: {
        CHUNKS: '5',
        FAULTS: 'truncate:0.1 reset:0.1',
        CCR_SOURCE: 'https://[redacted]@host/x.git#a=b',
      },
      options: 'variables',
    })
    assert.deepEqual(startedBy({ words: up, env: { CCR_SSE_STRESS_VARIABLES: '\n' }, ...installed }), {
      program: 'docker compose up --build --abort-on-container-exit',
      options: 'variables',
    })
  })

  it('is `docker compose run` if the command is not that of the compose file', () => {
    const env = { CCR_SSE_STRESS_VARIABLES: '\n' }
    assert.deepEqual(startedBy({ words: ['stress', '--ccr-url', 'http://ccr:3456'], env, ...installed }), {
      program: 'docker compose run --rm runner',
      options: 'arguments',
    })
  })
})

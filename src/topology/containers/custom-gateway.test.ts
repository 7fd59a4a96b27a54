import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GenericContainer } from 'testcontainers'
import { UsageError } from '../../base/errors.ts'
import { type ContainerGateway, checkCustomGateway, type ImageGateway } from './custom-gateway.ts'

const image = { kind: 'image', image: 'my/gateway:1', port: 8080 } as const
const container = { kind: 'container', container: new GenericContainer('my/gateway:1'), port: 8080 } as const

function problemsOf(gateway: object, driver = 'testcontainers'): string[] {
  try {
    checkCustomGateway(gateway as ImageGateway | ContainerGateway, driver)
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error))
    return error.message.split('\n')
  }
  return []
}

describe('a custom gateway', () => {
  it('defaults to /health within a minute and to Anthropic Messages', () => {
    for (const gateway of [image, container, { ...container, container: () => container.container }])
      assert.deepEqual(checkCustomGateway(gateway, 'testcontainers'), {
        ...gateway,
        healthPath: '/health',
        readyTimeoutS: 60,
        protocols: ['anthropic-messages'],
      })
  })

  it('accepts every option', () => {
    const whole: ImageGateway = {
      ...image,
      healthPath: '/healthz?deep=1',
      readyTimeoutS: 5,
      protocols: ['openai-responses', 'anthropic-messages'],
      command: ['serve', '--upstream', '{{upstream}}'],
      env: { PORT: '{{port}}', MODEL: '{{model}}' },
      config: { path: '/etc/gateway.json', template: '{"a":{"b":{}},"url":"{{upstream}}"}' },
      cpus: 0.5,
      memoryMb: 256,
      pids: 100,
    }
    assert.deepEqual(checkCustomGateway(whole, 'testcontainers'), whole)
  })

  for (const [wrong, says] of [
    [{ port: 0 }, /^gateway\.port: must be a whole number from 1 to 65535 \(got 0\)\.$/],
    [{ port: '8080' }, /^gateway\.port: .*got "8080"\)\.$/],
    [{ port: undefined }, /^gateway\.port: .*got nothing\)\.$/],
    [{ healthPath: 'healthz' }, /^gateway\.healthPath: must be a URL path such as \/health \(got "healthz"\)\.$/],
    [{ healthPath: '/a b' }, /^gateway\.healthPath: /],
    [{ protocols: [] }, /^gateway\.protocols: must be a list of at least one of anthropic-messages.* \(got \[\]\)\.$/],
    [{ protocols: ['grpc'] }, /^gateway\.protocols\.0: must be one of anthropic-messages.* \(got "grpc"\)\.$/],
    [{ cpus: 0 }, /^gateway\.cpus: must be a number above 0 \(got 0\)\.$/],
    [{ readyTimeoutS: -1 }, /^gateway\.readyTimeoutS: /],
    [{ image: '' }, /^gateway\.image: must be the name of an image, such as my\/gateway:1 \(got ""\)\.$/],
    [{ image: '--rm' }, /^gateway\.image: /],
    [{ command: 'serve' }, /^gateway\.command: must be a list of texts \(got "serve"\)\.$/],
    [
      { command: ['serve', '{{host}}'] },
      /^gateway\.command\.1: must be one of \{\{upstream\}\}.* \(got \{\{host\}\}\)\.$/,
    ],
    [{ env: { KEY: '{{ port }}' } }, /^gateway\.env\.KEY: .*got \{\{ port \}\}\)\.$/],
    [{ env: { KEY: 5 } }, /^gateway\.env\.KEY: must be text \(got number\)\.$/],
    [{ env: { 'A=B': '' } }, /^gateway\.env\.A=B: must be a name .* \(got A=B\)\.$/],
    [{ config: { path: 'etc/g.json', template: '' } }, /^gateway\.config\.path: must be an absolute path/],
    [{ config: { path: '/etc/', template: '' } }, /^gateway\.config\.path: /],
    [{ config: { path: '/etc/g.json' } }, /^gateway\.config\.template: must be text \(got nothing\)\.$/],
    [{ config: { path: '/g', template: '{{upstreams}}' } }, /^gateway\.config\.template: .*got \{\{upstreams\}\}\)\.$/],
    [{ healthpath: '/' }, /^gateway: must have only the names of its options \(got healthpath\)\.$/],
  ] as const)
    it(`is refused with ${JSON.stringify(wrong)}, and the error says what is wrong`, () => {
      const problems = problemsOf({ ...image, ...wrong })
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] as string, says)
    })

  it('has all its problems reported at once', () => {
    const wrong = { ...image, image: '', port: 1.5, healthPath: '', protocols: [] }
    const names = problemsOf(wrong, 'local').map((line) => line.split(':')[0])
    assert.deepEqual(names.sort(), [
      'driver',
      'gateway.healthPath',
      'gateway.image',
      'gateway.port',
      'gateway.protocols',
    ])
  })

  it('accepts a container of testcontainers or a function, but not a name', () => {
    assert.match(
      problemsOf({ ...container, container: 'my/gateway:1' })[0] ?? '',
      /^gateway\.container: .*GenericContainer/,
    )
  })

  it('needs containers', () => {
    for (const gateway of [image, container])
      assert.match(problemsOf(gateway, 'local').join(), /^driver: must be testcontainers or compose .*got local\)\.$/)
  })
})

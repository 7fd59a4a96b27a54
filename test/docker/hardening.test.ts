import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { docker, type Project, project } from './compose.ts'
import { skip } from './engine.ts'

describe('the containers', { skip, timeout: 300_000 }, () => {
  let topology: Project
  const tearDowns: (() => unknown)[] = []
  const inspected = new Map<string, Inspected>()
  const limits = {
    CCR_CPUS: '0.5',
    CCR_MEMORY: '256m',
    MOCK_CPUS: '1',
    MOCK_MEMORY: '512m',
    RUNNER_CPUS: '1.5',
    RUNNER_MEMORY: '1g',
  }

  before(async () => {
    topology = project({ after: (tearDown: () => unknown) => tearDowns.push(tearDown) } as unknown as TestContext)
    const { status, stderr } = await topology.compose(['up', '--build', '--detach', '--wait', 'mock', 'ccr'], limits)
    assert.equal(status, 0, stderr)
    assert.equal((await topology.compose(['create', '--no-recreate', '--build', 'runner'], limits)).status, 0)
    for (const service of ['pidns', 'mock', 'ccr', 'runner']) {
      const id = await topology.container(service)
      inspected.set(service, JSON.parse(await docker('inspect', id))[0])
    }
  })
  after(async () => {
    for (const tearDown of tearDowns) await tearDown()
  })

  for (const service of ['pidns', 'mock', 'ccr', 'runner']) {
    it(`of ${service} has a read-only file system, gains no privileges and has no Docker socket`, () => {
      const { HostConfig: host, Mounts: mounts } = inspected.get(service) as Inspected
      assert.equal(host.ReadonlyRootfs, true)
      assert.deepEqual(host.CapDrop, ['ALL'])
      assert.ok(host.SecurityOpt.some((option) => option.startsWith('no-new-privileges')))
      assert.ok(host.PidsLimit !== null && host.PidsLimit > 0)
      assert.equal(host.Privileged, false)
      assert.deepEqual(Object.keys(host.PortBindings ?? {}), [])
      assert.deepEqual(
        mounts.filter(({ Source }) => /docker\.sock/.test(Source)),
        [],
      )
    })
  }

  it('do not run as root, except the runner until it knows the owner of its results', () => {
    for (const service of ['pidns', 'mock', 'ccr']) {
      const { Config, HostConfig } = inspected.get(service) as Inspected
      assert.equal(Config.User, '10001:10001')
      assert.deepEqual(HostConfig.CapAdd ?? [], [])
    }
    const { HostConfig } = inspected.get('runner') as Inspected
    assert.deepEqual([...(HostConfig.CapAdd ?? [])].map((name) => name.replace('CAP_', '')).sort(), [
      'SETGID',
      'SETPCAP',
      'SETUID',
    ])
  })

  it("run the harness as the gateway's user and without capabilities", async () => {
    const say = "import { readFileSync } from 'node:fs'; console.log(readFileSync('/proc/self/status', 'utf8'))"
    const preload = `NODE_OPTIONS=--import=data:text/javascript,${encodeURIComponent(say)}`
    const args = ['run', '--no-deps', '--rm', '-T', '--env', preload, 'runner', '--version']
    const { stdout, status } = await topology.compose(args, limits)
    assert.equal(status, 0)
    assert.match(stdout, /^Uid:\s+10001\s+10001\s+10001\s+10001$/m)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd']) assert.match(stdout, new RegExp(`^${set}:\\s+0+$`, 'm'))
  })

  it('have the limits of their variables', () => {
    const expected = { ccr: [0.5e9, 256 * 2 ** 20], mock: [1e9, 512 * 2 ** 20], runner: [1.5e9, 2 ** 30] }
    for (const [service, limit] of Object.entries(expected)) {
      const { HostConfig } = inspected.get(service) as Inspected
      assert.deepEqual([HostConfig.NanoCpus, HostConfig.Memory], limit, service)
    }
  })

  it('cannot be reached from outside their network and cannot leave it', async () => {
    const [network] = (
      await docker('network', 'ls', '--quiet', '--filter', `label=com.docker.compose.project=${topology.name}`)
    ).split('\n')
    assert.equal(await docker('network', 'inspect', '--format', '{{.Internal}}', network as string), 'true')
    // 192.0.2.1 is reserved for documentation (RFC 5737); there must be no route to it.
    const attempt = `require('net').connect(80,'192.0.2.1').on('connect',()=>console.log('out')).on('error',(e)=>console.log(e.code))`
    assert.equal(await docker('exec', await topology.container('mock'), 'node', '-e', attempt), 'ENETUNREACH')
  })
})

interface Inspected {
  readonly Config: { readonly User: string }
  readonly Mounts: readonly { readonly Source: string }[]
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean
    readonly CapDrop: readonly string[]
    readonly CapAdd: readonly string[] | null
    readonly SecurityOpt: readonly string[]
    readonly PidsLimit: number | null
    readonly Privileged: boolean
    readonly PortBindings: Record<string, unknown> | null
    readonly NanoCpus: number
    readonly Memory: number
  }
}

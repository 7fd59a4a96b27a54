import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** The root of this repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** The source folder of the stand-in for ccr-rust. */
export const fixtureSource: string = join(root, 'test/fixtures/ccr-rust')

/** How a command ended. */
export interface End {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command until it ends, by default in the root of this repository. */
export function command(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = root): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, stdout, stderr }))
  })
}

/** Runs a docker command that must succeed and returns its output. */
export async function docker(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await command('docker', args)
  if (status !== 0) throw new Error(`docker ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`)
  return stdout.trim()
}

/** A compose project with a unique name and a results folder; both are removed with the test. */
export interface Project {
  readonly name: string
  readonly results: string
  /** Runs `docker compose` in it; `overrides` are names such as `reference`, or paths of files. */
  readonly compose: (args: readonly string[], env?: NodeJS.ProcessEnv, overrides?: readonly string[]) => Promise<End>
  /** The id of a service's container. */
  readonly container: (service: string) => Promise<string>
}

function fileOf(override: string): string {
  return override.startsWith('/') ? override : `docker-compose.${override}.yml`
}

/** Makes a project without starting anything. */
export function project(t: TestContext): Project {
  const name = `ccr-sse-stress-test-${randomBytes(4).toString('hex')}`
  const results = mkdtempSync(join(tmpdir(), 'ccr-sse-stress-results-'))
  const compose: Project['compose'] = (args, env = {}, overrides = []) => {
    const files = ['docker-compose.yml', ...overrides.map(fileOf)]
    const named = ['compose', '-p', name, ...files.flatMap((file) => ['-f', file])]
    return command('docker', [...named, ...args], { CCR_SOURCE: fixtureSource, RESULTS: results, ...env })
  }
  t.after(async () => {
    await compose(['down', '--volumes', '--remove-orphans', '--rmi', 'all', '--timeout', '2'])
    rmSync(results, { recursive: true, force: true })
  })
  const container = async (service: string) => (await compose(['ps', '--all', '--quiet', service])).stdout.trim()
  return { name, results, compose, container }
}

/** The containers, networks and volumes of a project that still exist. */
export async function leftOf(name: string): Promise<string[]> {
  const filter = ['--filter', `label=com.docker.compose.project=${name}`]
  const lists = await Promise.all([
    docker('ps', '--all', '--quiet', ...filter),
    docker('network', 'ls', '--quiet', ...filter),
    docker('volume', 'ls', '--quiet', ...filter),
  ])
  return lists.flatMap((list) => list.split('\n')).filter(Boolean)
}

import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import got from 'got'
import type { ContainerCost } from '../model/run.ts'
import { readingOfStats } from './docker-stats.ts'
import { costOf, type LaterMeter, type Reading } from './meter.ts'

const execute = promisify(execFile)

/** How often the engine is asked, in ms: each answer costs it some 2 ms. */
const everyMs = 500
const answerTimeoutMs = 3000

/** Starts to measure a container by its engine, where that listens on a socket of this machine. */
export function startEngineMeter(containerId: string, env: NodeJS.ProcessEnv): LaterMeter {
  const readings: Reading[] = []
  const stopping = new AbortController()
  const asked = socketOf(env)
  const limits = limitsOf(containerId, env)
  const take = async () => {
    const socket = await asked
    const reading = socket === undefined ? undefined : await ask(socket, containerId)
    if (reading) readings.push(reading)
  }
  const sampling = (async () => {
    while (!stopping.signal.aborted && (await asked) !== undefined) {
      await take()
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(onlyAbort)
    }
  })()
  return {
    stop: async () => {
      stopping.abort()
      await sampling
      await take()
      const [cost, held] = [costOf(readings), await limits]
      return cost && { ...cost, container: { ...cost.container, ...held } }
    },
  }
}

/** What the container is held to, which the engine's stats do not tell; none where the engine does not know it. */
async function limitsOf(containerId: string, env: NodeJS.ProcessEnv): Promise<ContainerCost> {
  const words = ['inspect', '--format', '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}', containerId]
  const said = await execute('docker', words, { env }).catch(() => ({ stdout: '' }))
  const [nanoCpus = 0, memoryLimitBytes = 0] = said.stdout.trim().split(' ').map(Number)
  return {
    ...(nanoCpus > 0 && { cpuLimit: nanoCpus / 1e9 }),
    ...(memoryLimitBytes > 0 && { memoryLimitBytes }),
  }
}

async function ask(socket: string, containerId: string): Promise<Reading | undefined> {
  const path = `/containers/${containerId}/stats?stream=false&one-shot=true`
  try {
    const { statusCode, body } = await got(`http://unix:${socket}:${path}`, {
      enableUnixSockets: true,
      retry: { limit: 0 },
      throwHttpErrors: false,
      timeout: { request: answerTimeoutMs },
    })
    return statusCode === 200 ? readingOfStats(JSON.parse(body)) : undefined
  } catch (cause) {
    // An engine that does not answer in time leaves a gap, no more.
    if (cause instanceof Error && 'code' in cause) return undefined
    throw cause
  }
}

/** The path of the engine's socket; undefined where the engine is reached in another way. */
async function socketOf(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const words = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']
  const host = env['DOCKER_HOST'] || (await execute('docker', words, { env })).stdout.trim()
  return /^unix:\/\/(\/.+)$/.exec(host)?.[1]
}

function onlyAbort(cause: Error): void {
  if (cause.name !== 'AbortError') throw cause
}

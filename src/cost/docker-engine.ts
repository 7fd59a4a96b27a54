import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import got from 'got'
import type { GatewayCost } from '../run.ts'
import { readingOfStats } from './docker-stats.ts'
import { costOf, type Reading } from './meter.ts'

const execute = promisify(execFile)

/** How often the engine is asked, in ms: each answer costs it some 2 ms. */
const everyMs = 500
const answerTimeoutMs = 3000

/** A meter that asks the engine; undefined from `stop` where it could not be asked twice. */
export interface EngineMeter {
  readonly stop: () => Promise<GatewayCost | undefined>
}

/** Starts to measure a container by its engine, where that listens on a socket of this machine. */
export async function startEngineMeter(containerId: string, env: NodeJS.ProcessEnv): Promise<EngineMeter> {
  const socket = await socketOf(env)
  const readings: Reading[] = []
  const stopping = new AbortController()
  const take = async () => {
    const reading = socket === undefined ? undefined : await ask(socket, containerId)
    if (reading) readings.push(reading)
  }
  const sampling = (async () => {
    while (!stopping.signal.aborted && socket !== undefined) {
      await take()
      await pause(everyMs, stopping.signal)
    }
  })()
  return {
    stop: async () => {
      stopping.abort()
      await sampling
      await take()
      return costOf(readings)
    },
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true })
  })
}

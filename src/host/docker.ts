import { execFile } from 'node:child_process'
import { known } from '../base/known.ts'

/** What is there of Docker; facts only, nothing is started. */
export interface DockerFacts {
  /** The engine's version, where one answers. */
  readonly engine?: string
  /** The compose plugin's version. */
  readonly compose?: string
  /** Why there is no engine: its client's own words, or that there is no client. */
  readonly fault?: string
}

/** How Docker is asked. */
export interface DockerQuestion {
  readonly env: NodeJS.ProcessEnv
  readonly timeoutMs: number
}

type Answer = { readonly text?: string; readonly fault?: string }

/** Asks the `docker` client for the engine's version and for its compose plugin's. */
export async function readDocker(question: DockerQuestion): Promise<DockerFacts> {
  const [engine, compose] = await Promise.all([
    ask(question, ['version', '--format', '{{.Server.Version}}']),
    ask(question, ['compose', 'version', '--short']),
  ])
  return known({ engine: engine.text, compose: compose.text, fault: engine.fault })
}

function ask({ env, timeoutMs }: DockerQuestion, args: string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile('docker', args, { env, timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const text = lineOf(stdout)
      if (error === null && text !== '') return resolve({ text })
      if (error === null) return resolve({ fault: 'it answered nothing' })
      if (error.code === 'ENOENT') return resolve({ fault: 'docker is not on PATH' })
      if (error.killed) return resolve({ fault: `no answer within ${timeoutMs / 1000} s` })
      resolve({ fault: lineOf(stderr) || error.message })
    })
  })
}

function lineOf(output: string): string {
  return output.trim().split('\n', 1)[0] ?? ''
}

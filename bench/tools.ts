import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { findOnPath, isFile } from '../src/process/executable.ts'

/** External tools of contenders: a Python with their packages, oha, a C compiler. */
export type Tool = 'python' | 'oha' | 'cc'

/** The Python packages that contenders need, as arguments of pip. */
export const pythonPackages = ['aiohttp==3.14.5', 'starlette==1.10.0', 'uvicorn==0.54.0'] as const
/** The version of oha. */
export const ohaVersion = '1.16.0'

/** The folder of installed tools: CCR_SSE_STRESS_BENCH, or one in the user's cache. */
export function toolsFolder(env: NodeJS.ProcessEnv): string {
  const configured = env['CCR_SSE_STRESS_BENCH']
  return resolve(configured || join(env['HOME'] || homedir(), '.cache', 'ccr-sse-stress', 'bench'))
}

/** A file that lists the installed Python packages; written after all are installed. */
export function pythonMark(env: NodeJS.ProcessEnv): string {
  return join(toolsFolder(env), 'python', 'packages.txt')
}

/** The program of a tool if it is installed in the right version. */
export async function findTool(tool: Tool, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  switch (tool) {
    case 'cc':
      return findOnPath('cc', env)
    case 'oha':
      return whereFile(join(toolsFolder(env), `oha-${ohaVersion}`, 'bin', 'oha'))
    case 'python': {
      const mark = await whereFile(pythonMark(env))
      if (mark === undefined || readFileSync(mark, 'utf8') !== pythonPackages.join('\n')) return undefined
      return whereFile(join(toolsFolder(env), 'python', 'bin', 'python'))
    }
  }
}

/** The remark for a contender without its tool. */
export function howToGet(tool: Tool): string {
  return tool === 'cc' ? 'no C compiler: cc is not on PATH' : 'not installed: npm run bench:install'
}

async function whereFile(path: string): Promise<string | undefined> {
  return (await isFile(path)) ? path : undefined
}

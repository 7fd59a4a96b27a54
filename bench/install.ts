import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { EnvironmentError } from '../src/base/errors.ts'
import { type Installing, runInstaller } from '../src/gateways/install.ts'
import { findTool, ohaVersion, pythonMark, pythonPackages, type Tool, toolsFolder } from './tools.ts'

const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupt.abort(name))

const { env } = process
const folder = toolsFolder(env)
const say = (text: string) => process.stdout.write(`${text}\n`)
const installing: Installing = {
  env,
  isRoot: process.getuid?.() === 0,
  pid: process.pid,
  log: pino({ level: 'warn' }, pino.destination(2)),
  onProgress: (text) => say(`  ${text}`),
  signal: interrupt.signal,
}

const installers: Readonly<Record<Exclude<Tool, 'cc'>, () => Promise<void>>> = {
  python: async () => {
    const home = join(folder, 'python')
    await rm(home, { recursive: true, force: true })
    await runInstaller('python3', ['-m', 'venv', home], installing)
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', ...pythonPackages]
    await runInstaller(join(home, 'bin', 'python'), pip, installing)
    // Written last, so that an incomplete installation does not count as installed.
    await writeFile(pythonMark(env), pythonPackages.join('\n'))
  },
  oha: async () => {
    // cargo installs the program only after a successful build.
    const args = ['install', 'oha', '--version', ohaVersion, '--locked', '--root', join(folder, `oha-${ohaVersion}`)]
    await runInstaller('cargo', args, installing)
  },
}

try {
  await mkdir(folder, { recursive: true })
  for (const tool of ['python', 'oha'] as const) await install(tool)
} catch (error) {
  if (!interrupt.signal.aborted) throw error
  process.exitCode = 130
}

async function install(tool: 'python' | 'oha'): Promise<void> {
  const program = await findTool(tool, env)
  if (program !== undefined) {
    say(`${tool}: already installed, ${program}`)
    return
  }
  say(`${tool}: installed into ${folder}${tool === 'oha' ? ', built from source, which takes minutes' : ''}`)
  try {
    await installers[tool]()
  } catch (error) {
    // A tool that cannot be installed does not prevent the others.
    if (!(error instanceof EnvironmentError) || interrupt.signal.aborted) throw error
    process.stderr.write(`${error.message.replace(/^/gm, 'error: ')}\n`)
    process.exitCode = 4
  }
}

/**
 * Checks that imports in `src/` run one way: a folder imports only from folders below it in `layers`. Run by `npm run lint`.
 * Import cycles within a folder are checked by Biome (`noImportCycles` in biome.json).
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, normalize } from 'node:path/posix'

/** Every folder of `src/`, from the top down. A folder imports only from those after it. */
const layers = [
  ...['cli', 'library', 'conform', 'experiment', 'options'],
  ...['topology', 'gateways', 'load', 'mock', 'reference', 'toxic'],
  // The folders that judge records. They import nothing that makes records.
  ...['results', 'report', 'judge'],
  ...['integrity', 'fault', 'grammar', 'plan', 'protocol', 'process', 'host', 'model', 'base'],
]
/** The only files directly in `src/`. Each may import what the named folder may import. */
const entryPoints: Readonly<Record<string, string>> = { 'cli.ts': 'cli', 'index.ts': 'library' }

const folderOf = (file: string): string =>
  file.includes('/') ? (file.split('/')[0] as string) : (entryPoints[file] ?? file)

const problems: string[] = []
for (const file of globSync('**/*.ts', { cwd: 'src' })) {
  const folder = folderOf(file)
  if (!layers.includes(folder)) problems.push(`src/${file}: belongs into a folder that tools/layers.ts lists`)
  if (file.endsWith('.test.ts')) continue
  for (const [, path = ''] of readFileSync(`src/${file}`, 'utf8').matchAll(
    /(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g,
  )) {
    const imported = folderOf(normalize(`${dirname(file)}/${path}`))
    if (imported !== folder && layers.indexOf(imported) <= layers.indexOf(folder))
      problems.push(`src/${file}: imports ${path}, but ${folder} is below ${imported} (tools/layers.ts)`)
  }
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0

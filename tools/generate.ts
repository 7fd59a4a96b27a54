/**
 * Writes the files that are generated from the sources: `npm run generate`. With `--check`, writes nothing and fails if a file is
 * stale. To generate another file, add an entry to `files`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { capacityJsonSchema } from '../src/report/capacity-json.ts'
import { reportJsonSchema } from '../src/report/json-schema.ts'
import { roundsJsonSchema } from '../src/report/rounds-schema.ts'
import { faultsDoc } from './faults-doc.ts'
import { envExample, flagsDoc } from './options-doc.ts'
import { rulesDoc } from './rules-doc.ts'
import { scenarioJsonSchema } from './scenario-schema.ts'
import { thresholdsDoc } from './thresholds-doc.ts'

const files: readonly { readonly path: string; readonly make: () => string }[] = [
  { path: 'config/report.schema.json', make: () => `${JSON.stringify(reportJsonSchema(), undefined, 2)}\n` },
  { path: 'config/scenario.schema.json', make: () => `${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n` },
  {
    path: 'config/rounds.schema.json',
    make: () => `${JSON.stringify(roundsJsonSchema(), undefined, 2)}\n`,
  },
  { path: 'config/capacity.schema.json', make: () => `${JSON.stringify(capacityJsonSchema(), undefined, 2)}\n` },
  { path: 'docs/rules.md', make: rulesDoc },
  { path: 'docs/faults.md', make: faultsDoc },
  { path: 'docs/thresholds.md', make: thresholdsDoc },
  { path: 'docs/flags.md', make: flagsDoc },
  { path: '.env.example', make: envExample },
]

const isCheck = process.argv.includes('--check')
for (const { path, make } of files) {
  const text = make()
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (isCheck) {
    console.error(`${path}: stale. Run \`npm run generate\` and commit the file.`)
    process.exitCode = 1
  } else {
    writeFileSync(path, text)
    console.log(path)
  }
}

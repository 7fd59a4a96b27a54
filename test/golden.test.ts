/**
 * Stored runs that an earlier version measured and judged: pass, warn, fail, invalid and interrupted. Their verdicts and reports
 * must not change by accident.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { judge } from '../src/judge/judgement.ts'
import { reportJson } from '../src/report/json.ts'
import { readRun } from '../src/results/read-run.ts'

const folder = (name: string) => fileURLToPath(new URL(`fixtures/golden/${name}/`, import.meta.url))

describe('the JSON of a stored run', () => {
  for (const [name, verdict, exitStatus] of [
    ['pass', 'pass', 0],
    ['warn', 'warn', 0],
    ['fail', 'fail', 1],
    ['invalid', 'invalid', 3],
    ['interrupted', 'pass', 130],
  ] as const)
    it(`has not changed since the run was measured (${name})`, async () => {
      const run = await readRun(folder(name))
      const judgement = judge(run)
      assert.equal(judgement.verdict, verdict)
      assert.equal(judgement.exitStatus, exitStatus)
      const json: unknown = JSON.parse(JSON.stringify(reportJson(run, judgement)))
      assert.deepEqual(json, JSON.parse(readFileSync(`${folder(name)}expected.json`, 'utf8')))
    })
})

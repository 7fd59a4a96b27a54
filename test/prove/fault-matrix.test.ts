import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ReportJson } from '../../src/report/json-schema.ts'
import { type HarmedRun, runHarmed } from '../fixtures/harmed-run.ts'
import { allCells, type Cell, type Ending, endingOf, fewCells, nameOf, phases } from '../fixtures/matrix-cells.ts'
import { assertValidRun } from '../fixtures/published-schema.ts'

// FAULT_CELLS: "all", or a regular expression of titles. Without it, a few cells.
const wanted = process.env['FAULT_CELLS']
const cells = wanted === undefined ? fewCells : wanted === 'all' ? allCells : allCells.filter(isWanted)

function isWanted(cell: Cell): boolean {
  return new RegExp(wanted ?? '').test(titleOf(cell))
}

function titleOf({ part, blow, phase }: Cell): string {
  return `${part}, ${blow}, ${phase}: ${endingOf({ part, blow, phase })}`
}

/** What an accusation of the gateway looks like in a reason. */
const accusation =
  /The gateway died|(?<!-)gateway failed|dead_after|streams failed|_leak|not_cancelled|Content differs|mishandled/

type Check = (run: HarmedRun, json: ReportJson, cell: Cell) => void

/** How each ending is recognized in the results; the endings without results are checked apart. */
const checks: Readonly<Record<Exclude<Ending, 'killed' | 'not started'>, Check>> = {
  interrupted({ status, stdout }, { interruptedBy, verdict }, { phase }) {
    // After the load, a signal may come too late to interrupt anything, but then nothing says that it did.
    if (phase === 'tear-down' && interruptedBy === undefined) return assert.equal(status, statusOf(verdict))
    assert.deepEqual([status, interruptedBy], [143, 'SIGTERM'])
    assert.match(stdout, /Interrupted by SIGTERM/)
    assert.doesNotMatch(verdict.reasons.join('\n'), accusation)
  },
  'harness failed'({ status, stdout }, { verdict, failedParts, gatewayFindings, died }, { part, phase }) {
    const name = nameOf[part as keyof typeof nameOf]
    assert.deepEqual([status, verdict.verdict], [3, 'invalid'])
    // What happens at the end of a phase is noticed in the next one.
    const [failed] = failedParts ?? []
    const at = phases.indexOf(phase)
    assert.deepEqual([failed?.name, failedParts?.length], [name, 1])
    assert.ok(failed && phases.slice(at, at + 2).includes(failed.phase), `${failed?.phase}, not ${phase}`)
    const sentence = `The ${name} (died|stopped answering) \\(.+\\) during the ${failed.phase}\\. `
    assert.match(verdict.reasons[0] ?? '', new RegExp(`^${sentence}`))
    assert.match(stdout, new RegExp(`RESULT: INVALID - ${sentence}`))
    assert.doesNotMatch(verdict.reasons.join('\n'), accusation)
    assert.deepEqual([gatewayFindings, died], [[], undefined])
  },
  'gateway failed'({ status }, { verdict, failedParts }, { blow }) {
    assert.equal(verdict.verdict, 'fail')
    assert.equal(status, statusOf(verdict))
    assert.equal(failedParts, undefined)
    assert.match(verdict.reasons.join('\n'), blow === 'SIGSTOP' ? accusation : /gateway died|streams failed|dead_after/)
  },
  unharmed({ status }, { verdict, failedParts, died, interruptedBy }, { part, blow, phase }) {
    assert.equal(status, statusOf(verdict))
    assert.ok(status === 0 || (status === 3 && verdict.timing.state === 'invalid'), `status ${status}`)
    assert.deepEqual([failedParts, died, interruptedBy], [undefined, undefined, undefined])
    assert.doesNotMatch(verdict.reasons.join('\n'), accusation)
    if (blow !== 'pause' || phase !== 'load' || part === 'guard' || part === 'gateway') return
    const named = part === 'runner' ? 'runner' : nameOf[part]
    assert.match(verdict.timing.reasons.join('\n'), new RegExp(`^The ${named} was suspended for `, 'm'))
  },
  'gateway not needed'({ status }, { verdict, failedParts }) {
    assert.equal(status, statusOf(verdict))
    assert.equal(failedParts, undefined)
    assert.match(`${verdict.verdict}`, /^(pass|warn|fail|invalid)$/)
  },
}

/** The table of exit statuses. */
function statusOf({ verdict, mostlyFailed }: ReportJson['verdict']): number {
  if (verdict === 'invalid') return 3
  if (verdict === 'fail') return mostlyFailed ? 2 : 1
  return 0
}

function check(run: HarmedRun, cell: Cell): void {
  const { results, jsonOut, left } = run
  const ending = endingOf(cell)
  assert.deepEqual(left, [], 'nothing may be left')
  assert.doesNotMatch(run.stderr, /\n\s+at |is a bug|DEP0|Warning:/)
  const folders = existsSync(results) ? readdirSync(results).filter((name) => name !== 'latest') : []
  if (ending === 'killed') {
    // Whatever it had written until then is complete, or is not called a run.
    assert.equal(run.signal, 'SIGKILL')
    for (const name of folders) if (existsSync(join(results, name, 'run.json'))) assertValidRun(join(results, name))
    return
  }
  assert.equal(run.signal, null)
  if (ending === 'not started') {
    const name = nameOf[cell.part as keyof typeof nameOf]
    assert.equal(run.status, 4)
    assert.match(run.stderr, new RegExp(`^error: (the )?${name}\\b`, 'm'))
    assert.deepEqual([folders, existsSync(jsonOut), run.stdout], [[], false, ''])
    return
  }
  assert.equal(folders.length, 1, folders.join())
  assertValidRun(join(results, folders[0] ?? ''))
  checks[ending](run, JSON.parse(readFileSync(jsonOut, 'utf8')), cell)
}

describe('if a part is killed, stopped or paused, it is named, the status is correct, and nothing is left', {
  skip: process.platform !== 'linux' && 'needs /proc',
  concurrency: Number(process.env['FAULT_CELLS_AT_ONCE'] ?? 3),
}, () => {
  for (const cell of cells)
    it(titleOf(cell), { timeout: 120_000 }, async (t) => {
      const run = await runHarmed(t, cell)
      if (run.wasLate) t.diagnostic('the process had ended before it could be harmed')
      try {
        check(run, cell)
      } catch (cause) {
        t.diagnostic(`status ${run.status}, signal ${run.signal}\n${run.stderr}\n${run.stdout}`)
        throw cause
      }
    })
})

import { fixed, grouped } from '../../base/format.ts'
import { alignRows, type Column } from '../../base/table.ts'
import type { PhaseSummary } from '../../judge/phases.ts'
import type { Summary } from '../../judge/summary.ts'

const columns: readonly Column[] = ['left', 'right']

/** What each phase did, one line each; nothing for a plain burst. */
export function phaseLines({ phases }: Summary): string[] {
  if (!phases) return []
  const rows = [
    ['Phase', 'starts', 'starts/s', 'dropped', 'complete', 'failed', 'peak open', 'TTFT p50', 'p99', 'transit p99'],
    ...phases.map(phaseRow),
  ]
  const hasExcluded = phases.some(({ excluded }) => excluded)
  return [
    ...alignRows(rows, columns).map((line) => `  ${line}`),
    ...(hasExcluded ? ['  * Not part of the figures of the run.'] : []),
    '',
  ]
}

function phaseRow({ name, excluded, started, whole, failed, dropped, ...rates }: PhaseSummary): string[] {
  const { startsPerS, peakOpen, ttft, transit } = rates
  return [
    `${name}${excluded ? ' *' : ''}`,
    grouped(started),
    fixed(startsPerS, 1),
    grouped(dropped),
    grouped(whole),
    grouped(failed),
    grouped(peakOpen),
    ...[ttft?.p50Ms, ttft?.tail.p99Ms, transit?.tail.p99Ms].map((ms) => fixed(ms, 1)),
  ]
}

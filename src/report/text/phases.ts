import { fixed, grouped } from '../../base/format.ts'
import { alignRows, type Column } from '../../base/table.ts'
import type { PhaseSummary } from '../../judge/phases.ts'
import type { Summary } from '../../judge/summary.ts'

const columns: readonly Column[] = ['left', { align: 'right', minWidth: 7 }]

/** What each phase did, one line each; nothing for a plain burst. */
export function phaseLines({ phases }: Summary): string[] {
  if (!phases) return []
  const rows = [
    [
      'Phase',
      'starts',
      'starts/s',
      'dropped',
      'complete',
      'failed',
      'most open',
      'TTFT p50',
      'p99',
      'transit p50',
      'p99',
    ],
    ...phases.map(phaseRow),
  ]
  const isShort = phases.some(({ excluded }) => excluded)
  return [
    ...alignRows(rows, columns).map((line) => `  ${line}`),
    ...(isShort ? ['  (excluded phases are not part of the figures of the run)'] : []),
    '',
  ]
}

function phaseRow({ name, excluded, started, whole, failed, dropped, ...rates }: PhaseSummary): string[] {
  const { startsPerS, peakOpen, ttft, transit } = rates
  return [
    `${name}${excluded ? ' (excluded)' : ''}`,
    grouped(started),
    fixed(startsPerS, 1),
    grouped(dropped),
    grouped(whole),
    grouped(failed),
    grouped(peakOpen),
    ...[ttft, transit].flatMap((times) => [fixed(times?.p50Ms, 1), fixed(times?.tail.p99Ms, 1)]),
  ]
}

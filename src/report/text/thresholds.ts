import { counted, fixed, grouped, notMeasured } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import { alignRows } from '../../base/table.ts'
import type { Judgement } from '../../judge/judgement.ts'
import type { Goodput } from '../../judge/thresholds/goodput.ts'
import type { JudgedThreshold } from '../../judge/thresholds/thresholds.ts'

/** How reports write the states of a threshold. */
export const stateTexts: Readonly<Record<JudgedThreshold['state'], string>> = {
  ok: 'ok',
  broken: 'BROKEN',
  too_few_samples: 'TOO FEW SAMPLES',
  not_measured: 'NOT MEASURED',
  invalid_timing: 'not judged',
}

/** One line for each threshold, and one for the goodput; nothing without any. */
export function thresholdLines({ thresholds, goodput }: Pick<Judgement, 'thresholds' | 'goodput'>): string[] {
  const rows = thresholds.map(({ text, state, got }) => [printable(text), stateTexts[state], got])
  return [
    ...(rows.length > 0 ? ['', '  Thresholds:', ...alignRows(rows).map((row) => `    ${row}`)] : []),
    ...(goodput ? ['', `  Goodput: ${goodputText(goodput)}`] : []),
  ]
}

function goodputText({ limits, count, ended, share, perS }: Goodput): string {
  const percentage = share === undefined ? notMeasured : `${fixed(share * 100, 1)} %`
  const rate = `${fixed(perS, 2)}/s`
  return `${grouped(count)} of ${counted(ended, 'stream')} (${percentage}), ${rate}, with ${printable(limits.join(', '))}`
}

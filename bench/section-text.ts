import { alignRows } from '../src/base/table.ts'
import type { Goal, Section } from './section.ts'

/** Formats a section as plain text. */
export function sectionText({ title, notes, head, rows, remarks = [], problems, goals }: Section): string {
  const lines = [
    title,
    '-'.repeat(title.length),
    ...notes.map((note) => `  ${note}`),
    '',
    ...alignRows([head, ...rows], ['left', 'right']).map((line) => `  ${line}`),
    '',
    ...remarks.map((remark) => `  ${remark}`),
    ...problems.map((problem) => `  PROBLEM  ${problem}`),
    ...goals.map((goal) => `  ${goalText(goal, problems.length === 0)}`),
    '',
  ]
  return `${lines.join('\n')}\n`
}

function goalText({ what, limit, measured, reached }: Goal, valid: boolean): string {
  const verdict = !valid ? 'no (see the problem)' : reached ? 'yes' : 'no'
  return `reached: ${verdict.padEnd(3)}  ${what}: ${measured}; target: ${limit}`
}

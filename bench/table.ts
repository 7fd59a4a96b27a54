import type { Goal, Section } from './section.ts'

/** Formats a section as plain text. */
export function sectionText({ title, notes, head, rows, remarks = [], problems, goals }: Section): string {
  const lines = [
    title,
    '-'.repeat(title.length),
    ...notes.map((note) => `  ${note}`),
    '',
    ...table([head, ...rows]).map((line) => `  ${line}`),
    '',
    ...remarks.map((remark) => `  ${remark}`),
    ...problems.map((problem) => `  PROBLEM  ${problem}`),
    ...goals.map((goal) => `  ${goalText(goal, problems.length === 0)}`),
    '',
  ]
  return `${lines.join('\n')}\n`
}

/**
 * Aligns rows in columns: the first left, the others right. In a row of two cells among longer rows, the second cell spans all
 * other columns.
 */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const isRemark = (row: readonly string[]) => row.length === 2 && columns > 2
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (column > 0 && isRemark(row) ? 0 : (row[column]?.length ?? 0)))),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number
        return column === 0 || isRemark(row) ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

function goalText({ what, limit, measured, reached }: Goal, valid: boolean): string {
  const verdict = !valid ? 'no (see the problem)' : reached ? 'yes' : 'no'
  return `reached: ${verdict.padEnd(3)}  ${what}: ${measured}; target: ${limit}`
}

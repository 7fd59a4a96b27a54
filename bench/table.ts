import type { Goal, Section } from './section.ts'

/** A section as plain text. */
export function sectionText({ title, notes, head, rows, problems, goals }: Section): string {
  const lines = [
    title,
    '-'.repeat(title.length),
    ...notes.map((note) => `  ${note}`),
    '',
    ...table([head, ...rows]).map((line) => `  ${line}`),
    '',
    ...problems.map((problem) => `  PROBLEM  ${problem}`),
    ...goals.map((goal) => `  ${goalText(goal, problems.length === 0)}`),
    '',
  ]
  return `${lines.join('\n')}\n`
}

/** Rows with their columns one below the other: the first flush left, the others flush right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

function goalText({ what, limit, measured, reached }: Goal, valid: boolean): string {
  const verdict = !valid ? 'no (see the problem)' : reached ? 'yes' : 'no'
  return `reached: ${verdict.padEnd(3)}  ${what}: ${measured}; target: ${limit}`
}

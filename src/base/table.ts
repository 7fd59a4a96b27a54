/** How the cells of a column are aligned, and its minimum width in characters (a wider cell makes the column wider). */
export type Column = Alignment | { readonly align: Alignment; readonly minWidth: number }
type Alignment = 'left' | 'right'

/** One line of a table: numbers are written as they are, `undefined` is an empty cell. */
export type Row = readonly (string | number | undefined)[]

/**
 * Aligns rows in columns and returns one line per row, without trailing spaces. The last of `columns` applies to all
 * further columns. The last cell of a row that is shorter than the longest row spans the remaining columns.
 */
export function alignRows(rows: readonly Row[], columns: readonly Column[] = ['left'], gap = '  '): string[] {
  const texts = rows.map((row) => row.map((cell) => `${cell ?? ''}`))
  const length = Math.max(0, ...texts.map((row) => row.length))
  const spans = (row: readonly string[], column: number) => row.length < length && column === row.length - 1
  const formats = Array.from({ length }, (_, column) => {
    const format = columns[Math.min(column, columns.length - 1)] ?? 'left'
    const { align, minWidth } = typeof format === 'string' ? { align: format, minWidth: 0 } : format
    const widths = texts.map((row) => (spans(row, column) ? 0 : (row[column]?.length ?? 0)))
    return { align, width: Math.max(minWidth, ...widths) }
  })
  return texts.map((row) =>
    formats
      .slice(0, row.length)
      .map(({ align, width }, column) => {
        const cell = row[column] ?? ''
        return align === 'left' || spans(row, column) ? cell.padEnd(width) : cell.padStart(width)
      })
      .join(gap)
      .trimEnd(),
  )
}

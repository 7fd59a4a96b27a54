import { readFileSync, statSync } from 'node:fs'

/** Largest file, in bytes. */
const maxBytes = 16 * 2 ** 20

const numberPattern = /^\d{1,9}(?:\.\d{1,6})?$/

/**
 * Reads numbers from `FILE`, one per line, or from a column of the CSV file in `FILE#COLUMN`: its name in the first line, or its
 * number from 1. Returns what is wrong if the file cannot be used.
 */
export function readValuesFile(reference: string, maxValues: number): readonly number[] | string {
  const at = reference.lastIndexOf('#')
  const [path, column] = at < 0 ? [reference, undefined] : [reference.slice(0, at), reference.slice(at + 1)]
  const text = readText(path)
  if (typeof text === 'object') return text.problem
  const rows = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, cells: column === undefined ? [line.trim()] : cellsOf(line) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
  const first = rows[0]?.cells ?? []
  const named = column === undefined ? -1 : first.indexOf(column)
  const index = column === undefined ? 0 : named >= 0 ? named : /^[1-9]\d{0,3}$/.test(column) ? Number(column) - 1 : -1
  if (index < 0) return `has no column ${JSON.stringify(column)} in ${path} (columns: ${first.slice(0, 20).join(', ')})`
  // The first line may be that of the names.
  const isHeader = column !== undefined && !numberPattern.test(first[index] ?? '')
  const values: number[] = []
  for (const { number, cells } of isHeader ? rows.slice(1) : rows) {
    const cell = cells[index] ?? ''
    if (!numberPattern.test(cell)) return `needs a number of at least 0 in ${path}:${number}, not ${shortened(cell)}`
    values.push(Number(cell))
  }
  if (values.length === 0) return `has no numbers in ${path}`
  if (values.length > maxValues)
    return `has ${values.length} numbers in ${path} (limit ${maxValues}); take a sample of them with shuf -n ${maxValues}`
  return values
}

function readText(path: string): string | { readonly problem: string } {
  try {
    const status = statSync(path)
    if (!status.isFile()) return { problem: `is not a file: ${path}` }
    if (status.size > maxBytes) return { problem: `is larger than ${maxBytes} bytes: ${path}` }
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    return { problem: `cannot be read: ${path === '' ? 'no file' : path} (${code ?? 'invalid path'})` }
  }
}

/** The cells of one line of CSV; quotes protect commas. */
function cellsOf(line: string): readonly string[] {
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted
    else if (character === ',' && !isQuoted) {
      cells.push(cell.trim())
      cell = ''
    } else cell += character
  }
  return [...cells, cell.trim()]
}

function shortened(cell: string): string {
  return JSON.stringify(cell.slice(0, 40))
}

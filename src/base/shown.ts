import { printable } from './printable.ts'

const shownLength = 80

/**
 * A received value as a short text on one line, without control characters. It cannot throw, whatever the value is, and takes the
 * same time for a huge one.
 */
export function shown(value: unknown): string {
  return printable(
    value === undefined ? 'nothing' : JSON.stringify(shortened(value, { left: shownLength })),
    shownLength,
  )
}

/**
 * The first values in a received value, as many as could be shown. Serializing all of them would be slow for a large value,
 * and would exhaust the stack for a deep one.
 */
function shortened(value: unknown, values: { left: number }): unknown {
  if (typeof value === 'string') return value.slice(0, shownLength)
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return `a ${typeof value}`
  // JSON has no notation for it, but a large enough number is read as one.
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value}`
  if (typeof value !== 'object' || value === null) return value
  const members: [string, unknown][] = []
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && values.left-- > 0; i++) members.push(['', shortened(value[i], values)])
    return members.map(([, member]) => member)
  }
  for (const name in value) {
    if (values.left-- <= 0) break
    members.push([name.slice(0, shownLength), shortened((value as Readonly<Record<string, unknown>>)[name], values)])
  }
  return Object.fromEntries(members)
}

import { faultNames, faultTable } from '../fault/fault-table.ts'

/** `faults`: what `--fault` can do. */
export async function faultsCommand(): Promise<number> {
  const width = Math.max(...faultNames.map((name) => name.length)) + '@POSITION'.length
  const lines = faultNames.map((name) => {
    const { isPlaced, describe, rows, protocols } = faultTable[name]
    const where = protocols ? ` (${protocols.join(', ')} only)` : ''
    return `${`${name}${isPlaced ? '@POSITION' : ''}`.padEnd(width)}  ${describe}${where}; row ${rows.join(', ')}`
  })
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

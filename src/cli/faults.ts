import { alignRows } from '../base/table.ts'
import { clientFaultTable } from '../fault/client-fault.ts'
import { faultFamilies, faultTable } from '../fault/fault-table.ts'

/** `faults`: lists the faults that `--fault` and `--client-fault` accept, by family. */
export async function faultsCommand(): Promise<number> {
  const rows = faultFamilies.flatMap(({ title, names }) => [
    [''],
    [title],
    ...names.map((name) => {
      const { isPlaced, describe, rows, protocols } = faultTable[name]
      const only = protocols ? ` (${protocols.join(', ')} only)` : ''
      return [`  ${name}${isPlaced ? '@POSITION' : ''}`, `row ${rows.join(', ')}`, `${describe}${only}`]
    }),
  ])
  const clientRows = Object.entries(clientFaultTable).map(([name, { describe, row }]) => [
    `  ${name}@POSITION`,
    `row ${row}`,
    describe,
  ])
  const lines = [
    'What the mock can do instead of playing its plan: --fault NAME[@POSITION][:SHARE] or NAME[@POSITION][#STREAM,...]',
    'POSITION is start, middle, last, a percentage of the deltas or a number of deltas. Row numbers refer to the detection matrix in docs/faults.md.',
    ...alignRows([
      ...rows,
      [''],
      ['Faults of the client (--client-fault; POSITION is also sent, headers or over)'],
      ...clientRows,
    ]),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

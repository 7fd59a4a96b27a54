import { clientFaultTable } from '../src/fault/client-fault.ts'
import { type FaultKind, faultKinds } from '../src/fault/fault.ts'
import { type FaultName, faultFamilies, faultNames, faultTable } from '../src/fault/fault-table.ts'
import { type MatrixRow, matrix } from '../src/fault/matrix.ts'
import { type ProtocolName, protocolNames } from '../src/model/protocol-name.ts'
import { code, generatedFrom, markdownTable } from './markdown.ts'

/** Number of deltas of the stream for which the outcomes are computed. */
const chunks = 12

/** `docs/faults.md`. */
export function faultsDoc(): string {
  const lines = [
    '# Faults and the detection matrix',
    '',
    generatedFrom('src/fault/'),
    '',
    '`--fault NAME[@POSITION][:SHARE]` makes the mock inject a fault into a share of the streams; `--fault NAME[@POSITION][#STREAM,...]` selects streams by number. POSITION is `start`, `middle`, `last`, a percentage of the deltas such as `50%`, or a number of deltas. `conform` runs every fault through one gateway, at three positions if the fault has a position.',
    '',
    '[conform.md](conform.md) explains the reactions of a gateway: rescued, honest, passed-on, masked, lost, hang.',
    '',
    '## Kinds of faults',
    '',
    ...markdownTable(
      ['Kind', 'What a good gateway does', 'Failure'],
      (Object.keys(faultKinds) as FaultKind[]).map((kind) => [kind, faultKinds[kind].good, faultKinds[kind].failure]),
    ),
    '',
    '## Faults of the mock',
    '',
    'The last column is what a client sees without a gateway, and the rule that it must report.',
    '',
    ...faultFamilies.flatMap(({ title, names }) => [
      `### ${title}`,
      '',
      ...markdownTable(
        ['Fault', 'The mock ...', 'Position', 'Protocols', 'Kind', 'Rows', 'Client sees directly'],
        names.map(faultRow),
      ),
      '',
    ]),
    '## Faults of the client',
    '',
    '`--client-fault NAME[@POSITION][:SHARE]` makes the clients of the runner misbehave. POSITION is also `sent` (request sent), `headers` (headers received) or `over` (terminal event received).',
    '',
    ...markdownTable(
      ['Fault', 'The client ...', 'Rows'],
      Object.entries(clientFaultTable).map(([name, { describe, row }]) => [code(name), describe, `${row}`]),
    ),
    '',
    '## Detection matrix',
    '',
    ...markdownTable(
      ['Row', 'What goes wrong', 'Caused or detected by', 'Reported as', 'What a good gateway does', 'Failure'],
      Object.entries(matrix).map(([row, entry]) => matrixRow(Number(row), entry)),
    ),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function faultRow(name: FaultName): string[] {
  const { describe, isPlaced, protocols, kind, rows, mostAttempts } = faultTable[name]
  return [
    code(name),
    describe,
    isPlaced ? 'yes' : 'no',
    protocols ? protocols.join(', ') : 'all',
    mostAttempts === undefined
      ? kind
      : `${kind}, at most ${mostAttempts} ${mostAttempts === 1 ? 'attempt' : 'attempts'}`,
    rows.join(', '),
    seenDirectly(name),
  ]
}

/** Every outcome that a client can see directly, over all protocols and positions. */
function seenDirectly(name: FaultName): string {
  const { protocols = protocolNames, direct, isPlaced } = faultTable[name]
  const positions = isPlaced ? [0, chunks / 2, chunks - 1] : [chunks / 2]
  const seen = protocols.flatMap((protocol: ProtocolName) =>
    positions.map((at) => {
      const { outcome, rule } = direct(protocol, at, chunks)
      return rule === undefined ? code(outcome) : `${code(outcome)} (${rule})`
    }),
  )
  return [...new Set(seen)].join(' or ')
}

function matrixRow(row: number, { what, by, reported, good, failure }: MatrixRow): string[] {
  const faults = faultNames.filter((name) => faultTable[name].rows.includes(row))
  const classes = faults.flatMap((name) => seenDirectly(name).split(' or '))
  return [
    `${row}`,
    what,
    [...faults.map(code), ...(by ? [by] : [])].join(', '),
    reported ?? [...new Set(classes)].join(', '),
    good,
    failure,
  ]
}

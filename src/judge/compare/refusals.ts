import type { Run } from '../../model/run.ts'
import { canonical, loadMembers } from '../../model/scenario-digest.ts'
import type { JudgedRun } from './estimates.ts'

/** What may differ between runs only if the user allows it. */
export const differenceKinds = ['scenario', 'protocol', 'network', 'topology', 'limits', 'machine', 'harness'] as const
/** One of `differenceKinds`. */
export type DifferenceKind = (typeof differenceKinds)[number]

/** One way in which two runs are not comparable: what differs, and its two values. */
export interface RunDifference {
  readonly kind: DifferenceKind
  /** Such as `streams`. */
  readonly name: string
  readonly base: string
  readonly changed: string
}

/** A member of a run that has to be the same: its value as text, or undefined if the run does not have it. */
interface Condition {
  readonly kind: DifferenceKind
  readonly name: string
  readonly read: (run: Run) => string | undefined
  /** Whether a run without it differs from one with it. Absent: it was not stored, so that it is not compared. */
  readonly isAbsentDifferent?: true
}

/** What `compare` needs of a run before the run was made: enough to refuse it at once. */
export type PlannedRun = Pick<
  Run,
  'scenario' | 'target' | 'machine' | 'topology' | 'harnessVersion' | 'toxics' | 'command'
>

const conditions: readonly Condition[] = [
  { kind: 'protocol', name: 'protocol', read: ({ target }) => target.protocol },
  {
    kind: 'network',
    name: 'toxics',
    read: ({ toxics = [] }) => (toxics.length === 0 ? undefined : [...toxics].sort().join(', ')),
    isAbsentDifferent: true,
  },
  { kind: 'topology', name: 'command', read: ({ command }) => command },
  { kind: 'topology', name: 'topology', read: ({ topology }) => topology },
  {
    kind: 'limits',
    name: 'CPU limit of the gateway',
    read: ({ cost }) => textOf(cost?.container?.cpuLimit),
    isAbsentDifferent: true,
  },
  {
    kind: 'limits',
    name: 'memory limit of the gateway',
    read: ({ cost }) => mebibytesOf(cost?.container?.memoryLimitBytes),
    isAbsentDifferent: true,
  },
  { kind: 'machine', name: 'CPUs', read: ({ machine }) => textOf(machine?.cpus) },
  { kind: 'machine', name: 'CPU model', read: ({ machine }) => machine?.cpuModel },
  { kind: 'machine', name: 'memory', read: ({ machine }) => gibibytesOf(machine?.memoryBytes) },
  { kind: 'machine', name: 'kernel', read: ({ machine }) => machine?.kernel },
  { kind: 'machine', name: 'architecture', read: ({ machine }) => machine?.architecture },
  { kind: 'harness', name: 'ccr-sse-stress', read: ({ harnessVersion }) => compatibleVersion(harnessVersion) },
  { kind: 'harness', name: 'Node.js', read: ({ machine }) => machine?.node.split('.', 1)[0] },
]

/** The conditions that are known before a run starts. */
const plannedKinds: ReadonlySet<DifferenceKind> = new Set([
  'scenario',
  'protocol',
  'network',
  'topology',
  'machine',
  'harness',
])

/** Every difference between two runs that makes them not comparable. */
export function runDifferences(base: Run, changed: Run): readonly RunDifference[] {
  return [...scenarioDifferences(base, changed), ...conditionDifferences(conditions, base, changed)]
}

/** The differences that are known before the second run starts. */
export function plannedDifferences(base: Run, planned: PlannedRun): readonly RunDifference[] {
  const known = conditions.filter(({ kind }) => plannedKinds.has(kind))
  return [...scenarioDifferences(base, planned), ...conditionDifferences(known, base, planned as Run)]
}

function conditionDifferences(compared: readonly Condition[], base: Run, changed: Run): readonly RunDifference[] {
  return compared.flatMap(({ kind, name, read, isAbsentDifferent }) => {
    const [ofBase, ofChanged] = [read(base), read(changed)]
    const isUnknown = ofBase === undefined || ofChanged === undefined
    if (ofBase === ofChanged || (isUnknown && !isAbsentDifferent)) return []
    return [{ kind, name, base: ofBase ?? 'none', changed: ofChanged ?? 'none' }]
  })
}

function scenarioDifferences(
  { scenario: base }: Pick<Run, 'scenario'>,
  { scenario: changed }: Pick<Run, 'scenario'>,
): readonly RunDifference[] {
  const [ofBase, ofChanged] = [new Map(loadMembers(base)), new Map(loadMembers(changed))]
  return [...new Set([...ofBase.keys(), ...ofChanged.keys()])].flatMap((name): RunDifference[] => {
    const [baseValue, changedValue] = [ofBase, ofChanged].map((members) => members.get(name))
    if (canonical(baseValue) === canonical(changedValue)) return []
    return [{ kind: 'scenario', name, base: shortText(baseValue), changed: shortText(changedValue) }]
  })
}

/** Most characters of a value in a message. */
const mostCharacters = 60

function shortText(value: unknown): string {
  if (value === undefined) return 'none'
  const text = typeof value === 'string' ? value : canonical(value)
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters - 3)}...` : text
}

/** What was not stored with a run, so that it cannot be checked. */
export function unknownConditions({ run }: JudgedRun): readonly DifferenceKind[] {
  if (run.machine === undefined) return ['machine', ...(run.command === 'run' ? (['topology'] as const) : [])]
  return []
}

/** Versions with the same major number, or with the same minor one before 1.0, measure alike. */
function compatibleVersion(version: string): string {
  const [major = '', minor = ''] = version.split('.')
  return major === '0' ? `${major}.${minor}` : major
}

function textOf(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value}`
}

function mebibytesOf(bytes: number | undefined): string | undefined {
  return bytes === undefined ? undefined : `${Math.round(bytes / 2 ** 20)} MiB`
}

/** In tenths of a GiB: an update of the kernel changes a few MiB. */
function gibibytesOf(bytes: number | undefined): string | undefined {
  return bytes === undefined ? undefined : `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

import { setTimeout as sleep } from 'node:timers/promises'
import { awaitIdleMock, readTruths, withTruth } from '../experiment/telemetry.ts'
import { aliveAfter, type Conformance, type ConformCase, type JudgedCase } from '../judge/conformance.ts'
import { generateLoad, noProgress } from '../load/generator.ts'
import type { StreamTruth } from '../model/mock-stats.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import type { Topology } from '../topology/topology.ts'
import { type CaseGroup, casesOf } from './cases.ts'
import { judgeCase } from './judge-case.ts'

/** What is asked of one gateway. */
export interface ConformOptions {
  readonly topology: Topology
  readonly target: Target
  readonly model: string
  readonly seed: number
  /** Silence, in s, that the gateway may bear; a stream that lasts 5 s longer hangs. */
  readonly idleLimitS: number
  /** Clean streams that run beside each group, of which none may be hurt. */
  readonly loadStreams: number
  /** Names of the faults to leave it at, `clean` for the clean streams; none: all. */
  readonly only: readonly string[]
  readonly userAgent: string
  readonly signal: AbortSignal
  readonly onPhase: (text: string) => void
}

/** How long the end of a stream whose client has left may take to be noticed at the mock, in ms: longer than its plan. */
const noticedWithinMs = 6000

/** How long a gateway may take until it serves again once its upstream does, and how often it is asked, in ms. */
const recoveryMs = 30_000
const recoveryEveryMs = 1000

/** How much longer than its own limit of silence a gateway may take, in s. */
const graceS = 5

/** Asks all that the detection matrix asks of a gateway, group by group, and whether it lives after each. */
export async function conform(options: ConformOptions): Promise<Conformance> {
  const { topology, target, seed, idleLimitS, loadStreams, signal } = options
  const cases: JudgedCase[] = []
  const notPlayed: string[] = []
  const isDirect = topology.gateway.kind === 'none'
  const hurt: string[] = []
  let beside = 0
  for (const [at, group] of casesOf(isDirect ? target.protocol : undefined, options.only).entries()) {
    if (signal.aborted) break
    options.onPhase(
      `${group.name}: ${group.cases.length} streams${loadStreams > 0 ? ` and ${loadStreams} clean ones` : ''}`,
    )
    const { records, unplayed, clean } = await runGroup(group, seedOf(seed, at), options)
    const judging = { protocol: target.protocol, ...group.plan, isDirect }
    notPlayed.push(...unplayed.map(({ name }) => name))
    cases.push(...records.map(({ of, record }) => judgeCase(of, record, judging)))
    beside += clean.length
    hurt.push(
      ...clean
        .filter(({ outcome }) => outcome.state === 'failed')
        .map((record) => `${group.name}: ${hurtText(record)}`),
    )
    if (!signal.aborted) cases.push(...(await askAlive(group, seedOf(seed, at + 500), options)))
    if (cases.at(-1)?.seen === 'died') break
  }
  return {
    gateway: topology.gateway,
    target,
    seed,
    idleLimitS,
    cases,
    notPlayed,
    ...(loadStreams > 0 && { load: { streams: beside, hurt } }),
    isPartial: signal.aborted,
  }
}

async function runGroup({ cases, plan }: CaseGroup, seed: number, options: ConformOptions) {
  const { topology, loadStreams } = options
  // Each sort of answer is a load of its own, as a load has one; the clean streams go with the first.
  const byContent = [...Map.groupBy(cases, ({ content }) => content)]
  const first = byContent[0]?.[0]
  // No number is given twice, so that what one stream gets of another can be told.
  let next = 0
  const loads = await Promise.all(
    byContent.map(async ([content, of]) => {
      const firstStream = next
      const streams = of.length + (content === first ? loadStreams : 0)
      next += streams
      const texts = (fault: (of: ConformCase) => string | undefined) =>
        of.flatMap((one, at) => (fault(one) === undefined ? [] : [`${fault(one)}#${firstStream + at}`]))
      const faults = texts(({ fault }) => fault)
      const clientFaults = texts(({ clientFault }) => clientFault)
      const wish = { ...plan, streams, content, faults, clientFaults, seed }
      const records = await loadOf(wish, options, firstStream)
      return records.map((record) => ({ record, of: of[record.stream - firstStream] }))
    }),
  )
  if (cases.some(({ clientFault }) => clientFault !== undefined))
    await awaitIdleMock(topology.mockUrl, noticedWithinMs, options.signal)
  const truths = await readTruths(topology.mockUrl, seed)
  const all = loads.flat().map(({ record, of }) => ({
    record: withTruth(record, truths),
    of,
    isPlayed: isPlayed(of, truths?.get(record.stream)),
  }))
  const asked = all.flatMap(({ record, of, isPlayed }) => (of ? [{ record, of, isPlayed }] : []))
  return {
    records: asked.filter(({ isPlayed }) => isPlayed),
    unplayed: asked.filter(({ isPlayed }) => !isPlayed).map(({ of }) => of),
    clean: all.filter(({ of }) => of === undefined).map(({ record }) => record),
  }
}

/** A seed of its own for each group, so that no stream of one is taken for one of another. */
function seedOf(seed: number, offset: number): number {
  return (seed + offset) % 2 ** 32
}

/** Whether a case was put to the gateway: its fault was played, or the mock was never asked. */
function isPlayed(of: ConformCase | undefined, truth: StreamTruth | undefined): boolean {
  return of?.fault === undefined || truth === undefined || truth.faulty > 0
}

async function loadOf(
  wish: Pick<Scenario, 'streams' | 'chunks' | 'delayMs' | 'content' | 'seed' | 'faults' | 'clientFaults'>,
  { target, model, idleLimitS, userAgent, signal }: ConformOptions,
  firstStream = 0,
): Promise<readonly StreamRecord[]> {
  const idleS = idleLimitS + graceS
  const scenario = { ...wish, rampMs: 0, timeoutS: 4 * idleS, idleS, model, maxTokens: 4096, warmUpStreams: 0 }
  const load = { target, scenario, firstStream, userAgent, isPlanCertain: true, signal, progress: noProgress() }
  return (await generateLoad(load)).records
}

/** One clean stream, again while it is refused: a gateway may keep away from an upstream that failed, but not for long. */
async function recovered(
  wish: Parameters<typeof loadOf>[0],
  options: ConformOptions,
): Promise<readonly StreamRecord[]> {
  for (const untilMs = performance.now() + recoveryMs; ; ) {
    const records = await loadOf(wish, options)
    const outcome = records[0]?.outcome
    // What came and is wrong is not going to be right a second later.
    const isRefused = outcome?.state === 'failed' && /^(?:http|connect)_/.test(outcome.kind)
    if (!isRefused || performance.now() > untilMs) return records
    await sleep(recoveryEveryMs, undefined, { signal: options.signal }).catch((cause: Error) => {
      if (cause.name !== 'AbortError') throw cause
    })
  }
}

/** Whether a gateway lives after a group: its process, and one clean stream. */
async function askAlive(
  { name, plan }: CaseGroup,
  seed: number,
  options: ConformOptions,
): Promise<readonly JudgedCase[]> {
  const named = { name: aliveAfter + name, describe: 'one more stream arrives whole', rows: [46, 47], rules: [] }
  const death = await options.topology.death()
  if (death)
    return [
      {
        ...named,
        isRight: false,
        seen: 'died',
        reaction: 'crashed',
        why: `${death.name} died: ${death.how}`,
        durationS: 0,
      },
    ]
  const [record] = await recovered({ ...plan, streams: 1, content: 'plain', seed }, options)
  // An interrupt came between.
  if (!record) return []
  const judged = judgeCase({ ...named, content: 'plain' }, record, {
    protocol: options.target.protocol,
    ...plan,
    isDirect: false,
  })
  // What is wrong with its form is told of the clean streams.
  if (judged.seen === 'whole') return [{ ...judged, isRight: true, why: '' }]
  return [{ ...judged, why: `dead_after: ${judged.why}` }]
}

function hurtText({ stream, outcome }: StreamRecord): string {
  return outcome.state === 'failed' ? `stream ${stream}: ${outcome.kind}: ${outcome.detail}` : `stream ${stream}`
}

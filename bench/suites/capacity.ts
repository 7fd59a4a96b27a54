import { EnvironmentError } from '../../src/base/errors.ts'
import { findInstalled } from '../../src/gateways/find.ts'
import { streamBounds } from '../../src/host/capacity.ts'
import { readLimits } from '../../src/host/limits.ts'
import { type Trial, tryCapacity } from '../capacity-trial.ts'
import type { BenchContext } from '../context.ts'
import { type Found, searchMost } from '../search-most.ts'
import { atMost, type Goal, type Section } from '../section.ts'
import { median, range } from '../statistics.ts'

const runs = 3
/** Enough for 20,000 descriptors: two per stream in the gateway, and a reserve. */
const usualLimit = 9900
const resolution = 0.05
/** Allowed spread of the runs of one gateway, as a share of their median. */
const spreadLimit = 0.1

interface Run extends Found {
  /** What failed at the smallest number that did not hold. */
  readonly gaveOut: string
}

/** The most streams that one process of each gateway holds open and completes. */
export async function benchCapacity(context: BenchContext, limit = machineLimit()): Promise<Section> {
  const { names, absent } = await gatewaysOf(context.env)
  const taken = new Map<string, readonly Run[]>()
  const problems: string[] = []
  for (const name of names) {
    try {
      taken.set(name, await runsOf(context, name, limit))
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error
      problems.push(`${name}: ${error.message}`)
    }
  }
  return {
    title: 'Capacity: the most streams that one gateway process holds open and completes',
    notes: [
      `each stream lasts ${context.holdS} s with one delta per second, starts spread over 5 s, all open at the same time; runner and mock on the same cores`,
      `tried from ${limit} down, to ${resolution * 100} %; the second and third run start from the result of the previous one`,
    ],
    head: ['gateway', 'streams', 'least', 'most', 'runs', 'spread %'],
    rows: [
      ...[...taken].map(([name, searches]) => {
        const counts = searches.map(({ most }) => most)
        const { least, most } = range(counts) ?? {}
        const spread = spreadOf(counts)
        return [name, ...[median(counts), least, most, counts.length].map(String), percent(spread)]
      }),
      ...absent,
    ],
    remarks: [...taken].flatMap(([name, searches]) => remarkOf(name, searches) ?? []),
    problems,
    goals: [...taken].map(([name, searches]) => spreadGoal(name, searches)),
  }
}

async function runsOf(context: BenchContext, gateway: string, limit: number): Promise<readonly Run[]> {
  const searches: Run[] = []
  for (let run = 1; run <= Math.min(runs, context.rounds); run++) {
    const trials = new Map<number, Trial>()
    const before = searches.at(-1)?.most
    const holds = async (streams: number) => {
      context.signal.throwIfAborted()
      context.say(`capacity: run ${run}, ${gateway}, ${streams} streams`)
      const trial = await tryCapacity(context, gateway, streams)
      trials.set(streams, trial)
      if (!trial.isHeld) context.say(`capacity: ${streams} streams were not held: ${trial.gaveOut}`)
      return trial.isHeld
    }
    const pace = before ? { from: before, growth: 1.1 } : { from: limit, growth: 2 }
    const { most, leastFailed } = await searchMost(holds, { ...pace, limit, resolution })
    const gaveOut = (leastFailed !== undefined && trials.get(leastFailed)?.gaveOut) || ''
    searches.push({ most, ...(leastFailed !== undefined && { leastFailed }), gaveOut })
  }
  return searches
}

/** The gateways that can run here, and why the others cannot. */
async function gatewaysOf(env: NodeJS.ProcessEnv) {
  const names = ['reference']
  const absent: [string, string][] = []
  for (const name of ['nginx', 'claude-code-router'] as const) {
    if (await findInstalled(name, env)) names.push(name)
    else absent.push([name, `not installed: ccr-sse-stress gateways install ${name}`])
  }
  if (env['CCR_BIN']) names.push('ccr-rust')
  else absent.push(['ccr-rust', 'no binary: set CCR_BIN'])
  return { names, absent }
}

/** The number of streams that this machine allows, up to the usual maximum. */
function machineLimit(): number {
  return Math.min(usualLimit, ...streamBounds(readLimits(), 2).map(({ streams }) => streams))
}

function remarkOf(name: string, searches: readonly Run[]): string | undefined {
  const least = searches.filter(({ leastFailed }) => leastFailed !== undefined).sort((a, b) => a.most - b.most)[0]
  return least && `${name}: ${least.leastFailed} streams were not held: ${least.gaveOut}`
}

function spreadOf(counts: readonly number[]): number | undefined {
  const [middle, ends] = [median(counts), range(counts)]
  return middle && ends && counts.length > 1 ? (ends.most - ends.least) / middle : undefined
}

function percent(share: number | undefined): string {
  return share === undefined ? 'n/a' : (share * 100).toFixed(1)
}

function spreadGoal(name: string, searches: readonly Run[]): Goal {
  const spread = spreadOf(searches.map(({ most }) => most))
  return atMost(
    `spread of ${searches.length} runs, ${name}`,
    spread === undefined ? undefined : spread * 100,
    spreadLimit * 100,
    '%',
  )
}

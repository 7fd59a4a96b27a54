import { EnvironmentError } from '../base/errors.ts'
import { rangeOf } from '../judge/capacity/capacity.ts'
import { nextStep } from '../judge/capacity/search.ts'
import { stepScenario, ttftThreshold, unloadedScenario } from '../judge/capacity/step.ts'
import { trialOf } from '../judge/capacity/trial.ts'
import { weightOf } from '../judge/gateway-finding.ts'
import { type Judgement, judge } from '../judge/judgement.ts'
import type { Capacity, Trial } from '../model/capacity.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Run } from '../model/run.ts'
import type { Experiment, Scenario } from '../model/scenario.ts'
import { runWithoutSecrets } from '../process/secrets.ts'
import type { ExperimentContext } from './context.ts'
import { interruptOf } from './experiment.ts'
import type { Session } from './session.ts'

/** What a search needs. */
export interface CapacityWork {
  /** The search so far: without trials, or one to resume. */
  readonly capacity: Capacity
  /** What all steps share; each has its own load. */
  readonly experiment: Experiment
  /** Whether the limit of the TTFT is derived from streams without a load. */
  readonly needsUnloaded: boolean
  /** Starts the topology: once, and again after the gateway has died or not drained. */
  readonly start: (signal: AbortSignal) => Promise<Session>
  /** Names a run. */
  readonly newId: () => string
  /** Stores a run, of which nothing is secret. */
  readonly store: (run: Run, judgement: Judgement) => Promise<void>
  /** Called after every run of a step with the search so far. Resolves when it is stored. */
  readonly onTrial: (capacity: Capacity, trial: Trial) => Promise<void>
  /** Called with the gateway before the first step; throws if it is not the gateway of the search to resume. */
  readonly checkGateway?: (gateway: GatewayIdentity) => void
  readonly context: Omit<ExperimentContext, 'id' | 'onLoad'>
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number
}

/** Runs that may show how fast the gateway is without a load, if the harness is disturbed. */
const unloadedTries = 3

/**
 * Searches for the largest step that passes, on one started topology. Ends with the answer, after the time limit, or with what is known
 * if the user interrupts it, the gateway is gone or this machine fails.
 */
export async function searchCapacity(work: CapacityWork): Promise<Capacity> {
  const { capacity, context, nowMs } = work
  const startMs = nowMs()
  const { maxDurationS } = capacity.search
  const timeUp = new AbortController()
  const timer = setTimeout(() => timeUp.abort(), Math.max(0, maxDurationS * 1000))
  const signal = AbortSignal.any([context.signal, timeUp.signal])
  const elapsedS = () => (nowMs() - startMs) / 1000
  const search = new Search({ ...work, context: { ...context, signal } }, elapsedS)
  const end = (why: NonNullable<Capacity['ended']>['why'], detail: string) => search.end({ why, detail })
  try {
    await search.run()
    if (context.signal.aborted) end('interrupt', interruptOf(context.signal))
    else if (timeUp.signal.aborted || search.isOutOfTime) end('time', `the time limit of ${maxDurationS} s was reached`)
  } catch (cause) {
    if (context.signal.aborted) end('interrupt', interruptOf(context.signal))
    else if (timeUp.signal.aborted) end('time', `the time limit of ${maxDurationS} s was reached`)
    else if (cause instanceof EnvironmentError && search.capacity.trials.length > 0) end('environment', cause.message)
    else throw cause
  } finally {
    clearTimeout(timer)
    await search[Symbol.asyncDispose]()
  }
  return search.capacity
}

/** A running search. */
class Search implements AsyncDisposable {
  capacity: Capacity
  /** Whether the next run would take longer than what is left. */
  isOutOfTime = false
  readonly #work: CapacityWork
  readonly #elapsedS: () => number
  readonly #tookBeforeS: number
  #session: Session | undefined
  #lastRunS = 0

  constructor(work: CapacityWork, elapsedS: () => number) {
    const { ended: _, ...capacity } = work.capacity
    this.capacity = capacity
    this.#work = work
    this.#elapsedS = elapsedS
    this.#tookBeforeS = capacity.tookS
  }

  end(ended: NonNullable<Capacity['ended']>): void {
    this.#change({ ended })
  }

  /** Runs one step after another until there is an answer, or no time is left. */
  async run(): Promise<void> {
    const { context } = this.#work
    await this.#measureUnloaded()
    for (;;) {
      const n = nextStep(rangeOf(this.capacity), this.capacity.trials)
      if (n === undefined || context.signal.aborted) return
      this.isOutOfTime = this.#elapsedS() + this.#lastRunS > this.capacity.search.maxDurationS
      if (this.isOutOfTime) return
      const step = stepScenario(this.capacity, n)
      const ran = await this.#runOnce(step)
      if (!ran) return
      const trial = trialOf(ran.run, ran.judgement, { n, tookS: this.#lastRunS, cores: this.capacity.cores })
      this.#change({ trials: [...this.capacity.trials, trial] })
      await this.#work.onTrial(this.capacity, trial)
      if (isSpent(ran.run, ran.judgement) && !(await this.#restart())) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.[Symbol.asyncDispose]()
  }

  /** Derives the limit of the TTFT, unless the search to resume has it. */
  async #measureUnloaded(): Promise<void> {
    const { needsUnloaded } = this.#work
    if (!needsUnloaded || this.capacity.thresholds.some((text) => text.startsWith('ttft.'))) return
    let p50Ms: number | undefined
    for (let tries = 0; tries < unloadedTries && p50Ms === undefined; tries++) {
      const ran = await this.#runOnce(unloadedScenario(this.capacity))
      if (!ran) return
      const { summary, verdict } = ran.judgement
      const { ttftWhole } = summary
      const isLast = verdict !== 'invalid' || tries === unloadedTries - 1
      if (!isLast || ttftWhole === undefined) continue
      p50Ms = ttftWhole.p50Ms
      this.#change({ unloaded: { ttftP50Ms: p50Ms, n: ttftWhole.n, run: ran.run.id } })
    }
    this.#change({ thresholds: [...this.capacity.thresholds, ttftThreshold(p50Ms)] })
  }

  /** Runs one experiment; undefined if it was cut short, because then it says nothing. */
  async #runOnce(scenario: Scenario): Promise<{ readonly run: Run; readonly judgement: Judgement } | undefined> {
    const { context, experiment, start, store, newId, checkGateway } = this.#work
    const startS = this.#elapsedS()
    this.#session ??= await start(context.signal)
    const session = this.#session
    const measured = await session.run(
      { ...experiment, scenario },
      { ...context, id: newId(), onLoad: () => undefined },
    )
    if (context.signal.aborted) return undefined
    const run = runWithoutSecrets(measured)
    if (this.capacity.gateway === undefined) this.#change({ gateway: run.gateway })
    else checkGateway?.(run.gateway)
    const judgement = judge(run)
    await store(run, judgement)
    this.#lastRunS = this.#elapsedS() - startS
    return { run, judgement }
  }

  /** Starts the topology again; false if that is not possible, because then the search has no gateway. */
  async #restart(): Promise<boolean> {
    await this[Symbol.asyncDispose]()
    try {
      this.#session = await this.#work.start(this.#work.context.signal)
      return true
    } catch (cause) {
      if (!(cause instanceof EnvironmentError) || this.#work.context.signal.aborted) throw cause
      this.end({ why: 'gateway', detail: cause.message })
      return false
    }
  }

  #change(changed: Partial<Capacity>): void {
    this.capacity = { ...this.capacity, ...changed, tookS: this.#tookBeforeS + this.#elapsedS() }
  }
}

/** Whether the gateway cannot run another step as it is: it died, or has not drained. Memory that it keeps is not a leak. */
function isSpent({ died, stopped }: Run, { gatewayFindings }: Judgement): boolean {
  if (died !== undefined || stopped !== undefined) return true
  return gatewayFindings.some((finding) => weightOf(finding) === 'failure')
}

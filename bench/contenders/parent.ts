/** Whether a benchmark started this process; by hand (to profile it) it works too, and writes its report to stdout. */
const hasParent = process.send !== undefined

/** What this process is asked to do: JSON in its first argument. Not checked, as a checker's 7 MiB would be measured too. */
export function readTask<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T
}

/** Ends a client as soon as the benchmark is gone, or has what it wants. */
export function endWithParent(): void {
  if (hasParent) process.once('disconnect', () => process.exit())
}

/** User and system time of this process since `before`, in us. */
export function cpuUsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function tell(message: object, done?: () => void): void {
  if (process.send) process.send(message, undefined, undefined, done)
  else process.stdout.write(`${JSON.stringify(message)}\n`, done)
}

/** Sends a client's report, after which it has nothing more to do. */
export function tellLast(message: object): void {
  tell(message, () => hasParent && process.disconnect())
}

/** A server to run until the benchmark, or a signal, ends it. */
export interface Served {
  readonly url: string
  readonly pid: number
  /** What to add to the CPU time in the report. */
  readonly report: () => object
  readonly close: () => PromiseLike<void>
}

/** Says that the server listens, reports when asked, and closes it when its parent is gone. */
export async function serve({ url, pid, report, close }: Served): Promise<void> {
  if (hasParent && !process.connected) return close()
  const before = process.cpuUsage()
  const giveReport = () => tell({ cpuUs: cpuUsSince(before), ...report() })
  const told = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(name, () => resolve())
  })
  process.on('message', giveReport)
  tell({ listening: url, pid })
  await told
  process.off('message', giveReport)
  if (!hasParent) giveReport()
  await close()
}

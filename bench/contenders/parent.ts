/** Whether the benchmark started this process. If it was started by hand (to profile it), it writes its report to stdout. */
const hasParent = process.send !== undefined

/** The task of this process: JSON in its first argument. Not validated, because zod's 7 MiB would be measured too. */
export function readTask<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T
}

/** Ends a client when the benchmark has ended or closed the channel. */
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

/** Sends a client's report and ends the client. */
export function tellLast(message: object): void {
  tell(message, () => hasParent && process.disconnect())
}

/** A server that runs until the benchmark or a signal ends it. */
export interface Served {
  readonly url: string
  readonly pid: number
  /** The rest of the report, next to the CPU time. */
  readonly report: () => object
  readonly close: () => PromiseLike<void>
}

/** Announces a server, sends its report on request, and closes it when its parent has ended. */
export async function serve({ url, pid, report, close }: Served): Promise<void> {
  if (hasParent && !process.connected) return close()
  const before = process.cpuUsage()
  const giveReport = () => tell({ cpuUs: cpuUsSince(before), ...report() })
  const released = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(name, () => resolve())
  })
  process.on('message', giveReport)
  tell({ listening: url, pid })
  await released
  process.off('message', giveReport)
  if (!hasParent) giveReport()
  await close()
}

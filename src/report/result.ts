import { printable } from '../base/printable.ts'
import type { Verdict } from '../judge/verdict.ts'

/** What follows `RESULT: ` in the report: the verdict and why, in the original's words where all went well. */
export function resultOf({ verdict, reasons }: Verdict): string {
  const reason = reasons[0] ?? 'all streams completed successfully'
  return `${verdict.toUpperCase()} - ${printable(reason)}`
}

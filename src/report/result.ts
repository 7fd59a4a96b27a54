import { printable } from '../base/printable.ts'
import type { Judgement } from '../judge/judgement.ts'

/** What follows `RESULT: ` in the report: the verdict and why, in the original's words where all went well. */
export function resultOf({ verdict, reasons }: Judgement): string {
  const reason = reasons[0] ?? 'all streams completed successfully'
  return `${verdict.toUpperCase()} - ${printable(reason)}`
}

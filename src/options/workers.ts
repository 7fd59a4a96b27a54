import { z } from 'zod'
import { count } from '../base/values.ts'
import { maxWorkers, type WorkerCount } from '../host/workers.ts'

/** A number of workers, or `auto`. */
export const workers: z.ZodType<WorkerCount, string> = z
  .string('must be auto or a number')
  .transform((given, context) => {
    if (given === 'auto') return given
    const parsed = count(1, maxWorkers).safeParse(given)
    if (parsed.success) return parsed.data
    context.addIssue({ code: 'custom', message: `must be auto or a whole number from 1 to ${maxWorkers}` })
    return z.NEVER
  })

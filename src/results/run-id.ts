import { randomBytes } from 'node:crypto'
import { runIdPattern } from '../model/run.ts'

/** A new run id: the start in UTC, to the second, and random digits, such as `20261124-052454-a1b2c3`. */
export function newRunId(date = new Date(), random = randomBytes(3).toString('hex')): string {
  const [day = '', time = ''] = date.toISOString().slice(0, 19).replace(/[-:]/g, '').split('T')
  const id = `${day}-${time}-${random}`
  if (!isRunId(id)) throw new Error(`not a run id: ${JSON.stringify(id)}`)
  return id
}

/** Whether a text is a valid run id, see `runIdPattern`. */
export function isRunId(text: string): boolean {
  return runIdPattern.test(text)
}

const shape = /^[a-z0-9][a-z0-9-]{0,63}$/

/** A run's name: its start in UTC to the second, and random digits, such as `20261124-052454-a1b2c3`. */
export function newRunId(date: Date, random: string): string {
  const [day = '', time = ''] = date.toISOString().slice(0, 19).replace(/[-:]/g, '').split('T')
  const id = `${day}-${time}-${random}`
  if (!isRunId(id)) throw new Error(`not a run id: ${JSON.stringify(id)}`)
  return id
}

/** Whether a text can be a run's name: small letters, digits and dashes, so that it is one part of a path. */
export function isRunId(text: string): boolean {
  return shape.test(text)
}

/** cgroup v1 says "no limit" with the largest number of whole pages below 2^63: what reaches this is none. */
export const v1Unlimited = 2 ** 62

/** The number that is all of a text, blanks around it aside; undefined where it is not whole or below 0. */
export function wholeNumber(text: string | undefined): number | undefined {
  const digits = text?.trim() ?? ''
  return /^\d+$/.test(digits) ? Number(digits) : undefined
}

/** A line `name:  N kB` of /proc/meminfo or /proc/PID/status, in bytes; undefined where there is none. */
export function bytesOf(name: string, text: string | undefined): number | undefined {
  const kib = wholeNumber(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1])
  return kib === undefined ? undefined : kib * 1024
}

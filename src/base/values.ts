import { z } from 'zod'

/** A whole number written in decimal digits; what is expected is said with the range. */
export function count(min: number, max: number): z.ZodType<number, string> {
  const expected = `must be a whole number from ${min} to ${max}`
  return z
    .string(expected)
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected)
}

/** A number written in decimal digits, with a fraction or without. */
export function number(min: number, max: number): z.ZodType<number, string> {
  const expected = `must be a number from ${min} to ${max}`
  return z
    .string(expected)
    .regex(/^\d{1,15}(\.\d{1,6})?$/, expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected)
}

/** One of some words. */
export function oneOf<const T extends string>(words: readonly T[]): z.ZodType<T, string> {
  const expected = words.length === 1 ? `must be ${words[0]}` : `must be one of ${words.join(', ')}`
  return z.enum(words, expected) as unknown as z.ZodType<T, string>
}

/** A text of 1 to 4,096 printable characters. */
export const text: z.ZodType<string, string> = z
  .string('must be text')
  .regex(/^[^\p{Cc}]{1,4096}$/u, 'must be text of 1 to 4096 characters without control characters')

const pathText = 'must be a URL path such as /health'

/** A path of a URL, and a query where there is one. */
export const urlPath: z.ZodType<string, string> = z.string(pathText).regex(/^\/[!-~]{0,2048}$/, pathText)

/** An absolute http: or https: URL without credentials, query or fragment; its trailing slash is dropped. */
export const baseUrl: z.ZodType<string, string> = z.string('must be a URL').transform((given, context) => {
  const url = URL.canParse(given) ? new URL(given) : undefined
  const wrong = urlMistake(url)
  if (url && wrong === undefined) return url.href.replace(/\/$/, '')
  // Credentials must not be echoed, so the problem does not show what was given.
  context.addIssue({
    code: 'custom',
    message: `must be a URL such as http://127.0.0.1:3456${wrong}`,
    params: { secret: url?.password || url?.username },
  })
  return z.NEVER
})

function urlMistake(url: URL | undefined): string | undefined {
  if (!url) return ''
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return ' (http or https)'
  if (url.username || url.password) return ' without credentials in it'
  if (url.search || url.hash) return ' without query or fragment'
  return undefined
}

/** Whether a URL's host is this machine's loopback by its name or address alone. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Whether a URL's host can only be this machine or a service on a network of the topology's own: a name without dots. */
export function isOwnHost(url: string): boolean {
  return isLoopback(url) || /^[a-z0-9-]+$/i.test(new URL(url).hostname)
}

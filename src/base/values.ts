import { z } from 'zod'

/** What a schema accepts, for `--help` and the documentation. */
interface Accepted {
  /** `integer`, `number`, `text`, `choice`, `path`, `URL`, or the format of the text. */
  readonly type: string
  /** The bounds or the choices; absent if every value of the type is accepted. */
  readonly values?: string
}

/** The schema with a description of what it accepts. */
export function accepting<S extends z.ZodType>(schema: S, accepted: Accepted): S {
  return schema.meta({ ...accepted })
}

/** What a schema made by `accepting` accepts. */
export function acceptedBy(schema: z.ZodType): Accepted {
  const { type, values } = (schema.meta() ?? {}) as Partial<Accepted>
  return { type: type ?? 'text', values }
}

/** A whole number in decimal digits; the error message contains the range. */
export function count(min: number, max: number): z.ZodType<number, string> {
  const expected = `must be a whole number from ${min} to ${max}`
  const schema = z
    .string(expected)
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected)
  return accepting(schema, { type: 'integer', values: `${min} to ${max}` })
}

/** A decimal number with up to 6 fraction digits. */
export function number(min: number, max: number): z.ZodType<number, string> {
  const expected = `must be a number from ${min} to ${max}`
  const schema = z
    .string(expected)
    .regex(/^\d{1,15}(\.\d{1,6})?$/, expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected)
  return accepting(schema, { type: 'number', values: `${min} to ${max}` })
}

/** One of a fixed set of values. */
export function oneOf<const T extends string>(values: readonly T[]): z.ZodType<T, string> {
  const expected = values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`
  const schema = z.enum(values, expected) as unknown as z.ZodType<T, string>
  return accepting(schema, { type: 'choice', values: values.join(', ') })
}

/** A text of 1 to 4,096 printable characters. */
export const text: z.ZodType<string, string> = accepting(
  z
    .string('must be text')
    .regex(/^[^\p{Cc}]{1,4096}$/u, 'must be text of 1 to 4096 characters without control characters'),
  { type: 'text' },
)

const pathText = 'must be a URL path such as /health'

/** A URL path, optionally with a query. */
export const urlPath: z.ZodType<string, string> = accepting(z.string(pathText).regex(/^\/[!-~]{0,2048}$/, pathText), {
  type: 'path',
})

/** An absolute http: or https: URL without credentials, query or fragment; its trailing slash is dropped. */
export const baseUrl: z.ZodType<string, string> = accepting(
  z.string('must be a URL').transform((input, context) => {
    const url = URL.canParse(input) ? new URL(input) : undefined
    const wrong = urlMistake(url)
    if (url && wrong === undefined) return url.href.replace(/\/$/, '')
    const message = `must be a URL such as http://127.0.0.1:3456${wrong ?? ''}`
    context.addIssue({ code: 'custom', message, params: { got: withoutUrlSecrets(input) } })
    return z.NEVER
  }),
  { type: 'URL' },
)

/** A refused URL as it may be printed. It may not be a valid URL, so anything before an @ and after a ? or # may be a secret. */
function withoutUrlSecrets(input: string): string {
  if (input.includes('@')) return 'a URL with credentials'
  const at = input.search(/[?#]/)
  return JSON.stringify(at < 0 ? input : `${input.slice(0, at + 1)}[redacted]`)
}

function urlMistake(url: URL | undefined): string | undefined {
  if (!url) return ''
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return ' (http or https)'
  if (url.username || url.password) return ' without credentials in it'
  if (url.search || url.hash) return ' without query or fragment'
  return undefined
}

/** Whether a URL's host is a loopback name or address. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Whether a URL's host can only be this machine or a service of a container network: a name without dots. */
export function isLocalHost(url: string): boolean {
  return isLoopback(url) || /^[a-z0-9-]+$/i.test(new URL(url).hostname)
}

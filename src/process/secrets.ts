import { Buffer } from 'node:buffer'
import type { Run } from '../model/run.ts'
import { replacement, withoutPatterns } from './secret-patterns.ts'

/**
 * The secrets of this process in every form in which another program may repeat them. One list for the process, not one per run:
 * no text that is printed or stored may contain them, whatever its source.
 */
let forms: readonly string[] = []

/** Minimum length of a secret, or of its part in a truncated text, that is searched for. Shorter ones would match everywhere. */
const leastLength = 4

/** Length of the shortest text that may have been cut without an ellipsis. */
const leastCut = 64

/** Makes a header's value unprintable in this process. */
export function keepSecret(value: string): void {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S.*)$/.exec(value) ?? []
  const plain = scheme.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString() : ''
  const added = [value, credentials, plain]
    .filter(({ length }) => length >= leastLength)
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ])
  // The longest first: a shorter form may be a part of it.
  forms = [...new Set([...forms, ...added])].sort((a, b) => b.length - a.length)
}

/**
 * The text without secrets: those of this process, and those that are recognized by their form. If the text may have been cut, then
 * also without the part of a secret at its end.
 */
export function withoutSecrets(text: string): string {
  return withoutPatterns(withoutForms(text))
}

function withoutForms(text: string): string {
  if (forms.length === 0) return text
  let shown = text
  for (const form of forms) shown = shown.replaceAll(form, replacement)
  if (shown.length < leastCut && !/…["'\s]*$/.test(shown)) return shown
  for (const form of forms) shown = withoutCutEnd(shown, form)
  return shown
}

function withoutCutEnd(text: string, form: string): string {
  // Linear: eight characters at most.
  const end = /[\s"'\\…]*$/.exec(text.slice(-8))?.[0].length ?? 0
  const body = text.slice(0, text.length - end)
  for (let length = Math.min(form.length - 1, body.length); length >= leastLength; length--)
    if (body.endsWith(form.slice(0, length))) return body.slice(0, -length) + replacement + text.slice(body.length)
  return text
}

/** The bytes without secrets, and without the part of a secret at their start: they are the last bytes of a read. */
function withoutCutStart(text: string): string {
  for (const form of forms)
    for (let length = Math.min(form.length - 1, text.length); length >= leastLength; length--)
      if (text.startsWith(form.slice(-length))) return replacement + text.slice(length)
  return text
}

/** Removes secrets from the texts of an error. The stack begins with the message. */
export function hideSecrets(error: Error): void {
  error.message = withoutSecrets(error.message)
  if (error.stack !== undefined) error.stack = withoutSecrets(error.stack)
}

/** Plain data without secrets in any of its texts. Members called `rawBase64` are searched decoded. */
export function dataWithoutSecrets<T>(data: T): T {
  return cleaned(data, '') as T
}

/** A run without secrets. Its scenario and target are what the user wrote, and have no values of headers. */
export function runWithoutSecrets(run: Run): Run {
  const { scenario, target, ...measured } = run
  return { scenario, target, ...dataWithoutSecrets(measured) }
}

function cleaned(value: unknown, name: string): unknown {
  if (typeof value === 'string') return name === 'rawBase64' ? cleanedBase64(value) : withoutSecrets(value)
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : cleanedArray(value)
  // Only plain objects have members that are printed; anything else stays what it is.
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return cleanedObject(value as Readonly<Record<string, unknown>>)
}

/** The same array if it has no secret: a run has many records, and few of them have one. */
function cleanedArray(values: readonly unknown[]): readonly unknown[] {
  const shown = values.map((element) => cleaned(element, ''))
  return shown.every((element, index) => element === values[index]) ? values : shown
}

function cleanedObject(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const changed: [string, unknown][] = []
  for (const key in value) {
    const shown = cleaned(value[key], key)
    if (shown !== value[key]) changed.push([key, shown])
  }
  return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) }
}

/** In latin1, each byte is a character, so that bytes that are not UTF-8 survive. Secrets are ASCII. */
function cleanedBase64(base64: string): string {
  const bytes = Buffer.from(base64, 'base64').toString('latin1')
  const shown = withoutCutStart(withoutSecrets(bytes))
  return shown === bytes ? base64 : Buffer.from(shown, 'latin1').toString('base64')
}

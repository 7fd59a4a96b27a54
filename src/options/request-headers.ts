import { z } from 'zod'
import type { Problem } from '../base/errors.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import { keepSecret } from '../process/secrets.ts'
import { protocols } from '../protocol/protocols.ts'

/** A `--header`: its name, and its value or the environment variable with it. */
export interface HeaderOption {
  readonly name: string
  /** The value; with `variable`, what precedes the variable's value, such as `Bearer `. */
  readonly text: string
  readonly variable?: string
}

/** Headers that the harness sets itself, because it depends on them, or that concern one connection only (RFC 9110, 7.6.1). */
const ownHeaders = new Set([
  ...['host', 'content-length', 'content-type', 'content-encoding', 'accept-encoding', 'expect'],
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
])

/** Headers whose values are not secret. They occur in answers, so hiding them would be confusing. */
const publicHeaders =
  /^(?:accept(?:-language)?|user-agent|anthropic-(?:beta|version)|openai-beta|originator|x-stainless-.*)$/

/** Whether the value of a header is not secret. */
export function isPublicHeader(name: string): boolean {
  return publicHeaders.test(name.toLowerCase())
}

const token = /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/i
const printableAscii = /^[ -~]{1,16384}$/
const variableAtEnd = /^(?<before>(?:[^ @]+ )?)@(?<variable>.*)$/
/** Values may be secret, so no message quotes one. */
const hidden = 'a hidden value'

const nameOfVariable = /^[a-z_][a-z0-9_]{0,255}$/i

const notVariable = 'must be the name of an environment variable, not the key itself'
/** The name of an environment variable. The message does not quote it, because it may be a key passed by mistake. */
export const variableName: z.ZodType<string, string> = z.string(notVariable).transform((input, context) => {
  if (nameOfVariable.test(input)) return input
  context.addIssue({ code: 'custom', message: notVariable, params: { got: hidden } })
  return z.NEVER
})

/** Replaces the value of a header in a stored command line. */
const hiddenValue = '[redacted]'

/** The text without the spaces around it; tabs and line ends stay, and are refused. */
function withoutOuterSpaces(text: string): string {
  let [start, end] = [0, text.length]
  while (text[start] === ' ') start++
  while (end > start && text[end - 1] === ' ') end--
  return text.slice(start, end)
}

const valueRule = 'must have a value of printable ASCII, at most 16384 characters long'

/** Reads `Name: value`. The value is in no message. */
export function parseHeader(input: string, problems: Problem[]): HeaderOption | undefined {
  const refuse = (message: string, got = hidden, hint?: string) => {
    problems.push({ where: '--header', message, got, hint })
    return undefined
  }
  const colon = input.indexOf(':')
  if (colon < 0) return refuse('must be "Name: value"')
  const name = input.slice(0, colon)
  if (!token.test(name)) return refuse('must begin with a valid header name', hidden)
  if (ownHeaders.has(name.toLowerCase())) return refuse('must not be a header that the harness sets itself', name)
  const text = withoutOuterSpaces(input.slice(colon + 1))
  if (!printableAscii.test(text)) return refuse(valueRule, `${name}: ...`)
  if (text === hiddenValue)
    return refuse('must have its real value', `${name}: ${text}`, 'Reports do not contain it: replace [redacted].')
  const { before, variable } = variableAtEnd.exec(text)?.groups ?? {}
  if (variable === undefined) return { name, text }
  if (!nameOfVariable.test(variable))
    return refuse(
      'needs the name of an environment variable after @',
      `${name}: ...`,
      'If the value itself begins with @, put it into an environment variable.',
    )
  return { name, text: before ?? '', variable }
}

/** The options that make the headers of a request. */
interface HeaderValues {
  readonly headers: readonly HeaderOption[]
  readonly apiKeyEnv: string | undefined
  readonly protocol: ProtocolName
}

/** The names of the options as the user writes them. */
const flagNames = { headers: '--header', apiKeyEnv: '--api-key-env' }

/**
 * The headers of every request to the gateway; undefined if there are none. Reads the environment, and makes the values unprintable
 * in this process from here on.
 */
export function requestHeaders(
  { headers, apiKeyEnv, protocol }: HeaderValues,
  env: NodeJS.ProcessEnv,
  problems: Problem[],
  names: typeof flagNames = flagNames,
): Readonly<Record<string, string>> | undefined {
  const byKey = new Map<string, readonly [name: string, value: string]>()
  const add = (where: string, name: string, value: string) => {
    const key = name.toLowerCase()
    if (byKey.has(key)) {
      const message =
        where === names.apiKeyEnv ? `sets a header that ${names.headers} also sets` : 'sets the same header twice'
      problems.push({ where, message, got: name })
    }
    byKey.set(key, [name, value])
    if (!isPublicHeader(key)) keepSecret(value)
  }
  for (const { name, text, variable } of headers) {
    const value = variable === undefined ? '' : readVariable(variable, names.headers, env, problems)
    if (value !== undefined) add(names.headers, name, text + value)
  }
  const key = apiKeyEnv === undefined ? undefined : readVariable(apiKeyEnv, names.apiKeyEnv, env, problems)
  if (key !== undefined) add(names.apiKeyEnv, ...protocols[protocol].keyHeader(key))
  return byKey.size === 0 ? undefined : Object.fromEntries(byKey.values())
}

function readVariable(
  variable: string,
  where: string,
  env: NodeJS.ProcessEnv,
  problems: Problem[],
): string | undefined {
  // Every object inherits `constructor`, which is not a variable.
  const value = Object.hasOwn(env, variable) ? env[variable] : undefined
  if (value !== undefined && value !== '') {
    if (printableAscii.test(value) && value.trim() === value) return value
    const message = `needs a value of printable ASCII in ${variable}, at most 16384 characters, without spaces at either end`
    problems.push({ where, message })
  } else
    problems.push({
      where,
      message: `needs the environment variable ${variable}: it is ${value === '' ? 'empty' : 'not set'}`,
    })
  return undefined
}

/** The same headers with values that only have the same lengths: for requests to the mock, which must not get the secrets. */
export function blankedHeaders(
  headers: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  return headers && Object.fromEntries(Object.entries(headers).map(([name, { length }]) => [name, 'x'.repeat(length)]))
}

/**
 * The arguments of a command line without the credentials of URLs and without the values of headers, except those that are public or
 * name an environment variable.
 */
export function wordsWithoutSecrets(words: readonly string[]): readonly string[] {
  return words.map((argument, index) => {
    const joined = argument.startsWith('--header=') ? '--header=' : ''
    if (joined === '' && words[index - 1] !== '--header') return urlWithoutCredentials(argument)
    const text = argument.slice(joined.length)
    const header = parseHeader(text, [])
    if (header && (header.variable !== undefined || isPublicHeader(header.name))) return argument
    return `${joined}${header ? `${header.name}: ` : ''}${hiddenValue}`
  })
}

/** A text that is or contains a URL, without user name and password. */
export function urlWithoutCredentials(text: string): string {
  return text.replace(/:\/\/[^\s/@]*@/g, `://${hiddenValue}@`)
}

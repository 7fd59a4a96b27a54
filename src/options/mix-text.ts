/** The texts of the kinds of a mix, as flags and files spell them. */
import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { clientFaultText, formatClientFault, parseClientFault } from '../fault/client-fault.ts'
import { contentChoices } from '../model/content.ts'
import { kindNamePattern, type StreamKind } from '../model/mix.ts'
import { type KindSetting, kindKeys } from '../model/mix-text.ts'
import { profileNames } from '../model/profile-name.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'
import { type DrawnNumber, drawnNumbers } from '../plan/mix.ts'
import { profileProblems } from '../protocol/profiles/profiles.ts'
import { parseDistribution } from './distribution-text.ts'
import { pairsIn } from './load-text.ts'

/** Most kinds of a mix. */
const maxKinds = 50

type Parser = (text: string, problems: Problem[]) => unknown

const choice =
  (values: readonly string[]): Parser =>
  (text, problems) => {
    if (values.includes(text)) return text
    const near = nearest(text, values)
    const hint = near ? `Did you mean ${near}?` : undefined
    problems.push({ where: '', message: `must be one of ${values.join(', ')}`, got: JSON.stringify(text), hint })
    return undefined
  }

const weight: Parser = (text, problems) => {
  if (/^\d{1,6}(?:\.\d{1,6})?$/.test(text) && Number(text) > 0) return Number(text)
  problems.push({ where: '', message: 'must be a number above 0 and below 1000000', got: JSON.stringify(text) })
  return undefined
}

const clientFault: Parser = (text, problems) => {
  const fault = parseClientFault(text, problems)
  if (!fault) return undefined
  const isEvery = 'share' in fault.selection && fault.selection.share === 1
  return isEvery ? clientFaultText(fault) : formatClientFault(fault)
}

const drawn =
  (name: DrawnNumber): Parser =>
  (text, problems) =>
    parseDistribution(text, drawnNumbers[name], problems)

/** How the value of each setting of a kind is read. */
const parsers: Readonly<Record<KindSetting, Parser>> = {
  weight,
  chunks: drawn('chunks'),
  delayMs: drawn('delayMs'),
  deltaBytes: drawn('deltaBytes'),
  promptKb: drawn('promptKb'),
  content: choice(contentChoices),
  clientFault,
  requestProfile: choice(profileNames),
  protocol: choice(protocolNames),
}
const settings = Object.keys(parsers) as readonly KindSetting[]
const keys = Object.values(kindKeys)

/** Reads one kind of a mix, `NAME: KEY=VALUE, ...`; adds problems if it is invalid. */
export function parseKind(text: string, problems: Problem[]): StreamKind | undefined {
  const at = text.indexOf(':')
  const name = (at < 0 ? text : text.slice(0, at)).trim()
  if (!kindNamePattern.test(name)) {
    const form = "must be 'NAME: key=value, ...', with a name of lower-case letters, digits and dashes"
    problems.push({ where: '', message: `${form}, such as 'long: weight=3, chunks=200'`, got: JSON.stringify(text) })
    return undefined
  }
  const known = problems.length
  const kind: Record<string, unknown> = { name, weight: 1 }
  const seen = new Set<string>()
  const inside = at < 0 ? '' : text.slice(at + 1)
  for (const [key, value] of inside.trim() === '' ? [] : pairsIn(inside)) {
    const where = `in kind ${name}, ${key}`
    const setting = settings.find((candidate) => kindKeys[candidate] === key)
    if (setting === undefined) {
      const near = nearest(key, keys)
      const hint = near ? `Did you mean ${near}?` : `Use ${keys.join(', ')}.`
      problems.push({ where: '', message: `${where} is not a setting of a kind`, got: JSON.stringify(text), hint })
    } else if (seen.has(setting)) {
      problems.push({ where: '', message: `${where} is set twice`, got: JSON.stringify(text) })
    } else {
      const own: Problem[] = []
      kind[setting] = parsers[setting](value, own)
      for (const { message, got, hint } of own) problems.push({ where: '', message: `${where} ${message}`, got, hint })
    }
    if (setting !== undefined) seen.add(setting)
  }
  return problems.length > known ? undefined : (kind as unknown as StreamKind)
}

/** What is wrong with the kinds of a mix together; `where` names the option. */
export function mixProblems(
  mix: readonly StreamKind[],
  load: Pick<Required<StreamKind>, 'requestProfile' | 'protocol'>,
  supported: readonly ProtocolName[],
  where: string,
): readonly Problem[] {
  const problems: Problem[] = []
  const twice = mix.find(({ name }, index) => mix.findIndex((kind) => kind.name === name) < index)
  if (twice) problems.push({ where, message: `has two kinds named ${twice.name}` })
  if (mix.length > maxKinds)
    problems.push({ where, message: `can be used at most ${maxKinds} times`, got: `${mix.length} kinds` })
  for (const { name, protocol = load.protocol, requestProfile = load.requestProfile } of mix) {
    if (!supported.includes(protocol)) {
      const message = `in kind ${name}, protocol must be one that the gateway supports: ${supported.join(' or ')}`
      problems.push({ where, message, got: protocol })
    }
    for (const problem of profileProblems(requestProfile, protocol, where))
      problems.push({ ...problem, message: `in kind ${name}: ${problem.message}` })
  }
  return problems
}

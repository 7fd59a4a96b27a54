import { hasText, type JsonObject } from '../base/json.ts'

/** Whether a received value has the type of a member. */
type IsValid = (value: unknown) => boolean

/** The members that an object must have, by name. */
export type Members = Readonly<Record<string, IsValid>>

/** Names of the members that are missing or have a wrong type; all of them if there is no object. */
export function invalidMembers(object: JsonObject | undefined, members: Members): readonly string[] {
  let invalid: string[] | undefined
  for (const name in members) {
    if (members[name]?.(object?.[name])) continue
    invalid ??= []
    invalid.push(name)
  }
  return invalid ?? noNames
}

/** Shared by all valid objects. */
const noNames: readonly string[] = []

export const isText: IsValid = (value) => typeof value === 'string'
export const isFilledText: IsValid = hasText
export const isNumber: IsValid = (value) => typeof value === 'number'
/** Accepts the count of something, such as tokens, and an index. */
export const isCount: IsValid = (value) => Number.isInteger(value) && Number(value) >= 0
export const isObject: IsValid = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
export const isList: IsValid = Array.isArray
export const isEmptyList: IsValid = (value) => Array.isArray(value) && value.length === 0
export const isNull: IsValid = (value) => value === null

/** Accepts exactly one value. */
export function is(expected: unknown): IsValid {
  return (value) => value === expected
}

/** Accepts some values. */
export function oneOf(...expected: readonly unknown[]): IsValid {
  return (value) => expected.includes(value)
}

/** Accepts what the check accepts, null, and a missing member. */
export function optional(isValid: IsValid): IsValid {
  return (value) => value == null || isValid(value)
}

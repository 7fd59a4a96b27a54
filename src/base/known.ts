/** The members of an object, with those that may be undefined made optional. */
export type Known<T> = {
  readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K]
} & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Copies an object without its undefined members. */
export function known<T extends object>(members: T): Known<T> {
  const kept: Record<string, unknown> = {}
  // A loop costs a seventh of Object.entries and Object.fromEntries, which were 60 us a stream.
  for (const name in members) {
    const value: unknown = members[name]
    if (value === undefined) continue
    // Assigned, it would become the prototype: JSON that came over a wire may have a member of that name.
    if (name === '__proto__') Object.defineProperty(kept, name, { value, enumerable: true, configurable: true })
    else kept[name] = value
  }
  return kept as Known<T>
}

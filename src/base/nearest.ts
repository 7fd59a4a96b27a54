import leven from 'leven'

/** The name that a mistyped one most likely means; undefined where none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names.map((other) => ({ other, distance: leven(name, other) })).sort((a, b) => a.distance - b.distance)
  return best && best.distance <= Math.max(2, name.length / 3) ? best.other : undefined
}

import leven from 'leven'

/** The known name that a mistyped name most likely stands for; undefined if none is similar. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((candidate) => ({ candidate, distance: leven(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)
  return best && best.distance < name.length && best.distance <= Math.max(2, name.length / 3)
    ? best.candidate
    : undefined
}

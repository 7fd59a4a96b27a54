import type { BenchContext } from './context.ts'

/** The problems of all rounds. */
export function problemsIn(samples: ReadonlyMap<string | number, readonly { readonly problems: readonly string[] }[]>) {
  return [...samples.values()].flat().flatMap(({ problems }) => problems)
}

/** Measures each contender once per round (A, B, C, A, B, C, ...), so that a slow minute of the machine affects all of them. */
export async function interleave<Name extends string | number, Sample>(
  { rounds, signal, say }: BenchContext,
  what: string,
  contenders: readonly Name[],
  measure: (contender: Name) => Promise<Sample>,
): Promise<ReadonlyMap<Name, readonly Sample[]>> {
  const samples = new Map<Name, Sample[]>(contenders.map((name) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [name, taken] of samples) {
      signal.throwIfAborted()
      say(`${what}: round ${round} of ${rounds}, ${name}`)
      taken.push(await measure(name))
    }
  }
  return samples
}

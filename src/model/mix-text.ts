import type { Distribution, StreamKind } from './mix.ts'

/** A setting of a kind of stream. */
export type KindSetting = Exclude<keyof StreamKind, 'name'>

/** How each setting of a kind is spelled. */
export const kindKeys: Readonly<Record<KindSetting, string>> = {
  weight: 'weight',
  chunks: 'chunks',
  delayMs: 'delay-ms',
  deltaBytes: 'delta-bytes',
  promptKb: 'prompt-kb',
  content: 'content',
  clientFault: 'client-fault',
  requestProfile: 'request-profile',
  protocol: 'protocol',
}

/** A distribution as `--mix` spells it, without spaces. The values of a file are written out. */
export function formatDistribution(distribution: Distribution): string {
  switch (distribution.distribution) {
    case 'constant':
      return `${distribution.value}`
    case 'uniform':
      return `uniform(${distribution.min},${distribution.max})`
    case 'normal':
    case 'lognormal':
      return `${distribution.distribution}(${distribution.mean},${distribution.deviation})`
    case 'values':
      return `values(${distribution.values.join(',')})`
  }
}

/** A kind as `--mix` spells it, without spaces. */
export function formatKind(kind: StreamKind): string {
  return `${kind.name}:${pairsOf(kind, formatDistribution).join(',')}`
}

/** A kind for people: its settings, with the number of values of a file in place of the values. */
export function describeKind(kind: StreamKind): string {
  const short = (distribution: Distribution) =>
    distribution.distribution === 'values' && distribution.values.length > 5
      ? `${distribution.values.length} values`
      : formatDistribution(distribution)
  return `${kind.name}: ${pairsOf(kind, short).join(', ')}`
}

function pairsOf(kind: StreamKind, format: (distribution: Distribution) => string): readonly string[] {
  return Object.entries(kindKeys).flatMap(([setting, key]) => {
    const value = kind[setting as KindSetting]
    if (value === undefined) return []
    return [`${key}=${typeof value === 'object' ? format(value) : value}`]
  })
}

import { fixed, grouped } from '../../base/format.ts'
import { alignRows, type Column } from '../../base/table.ts'
import type { KindSummary } from '../../judge/kinds.ts'
import type { Summary } from '../../judge/summary.ts'

const columns: readonly Column[] = ['left', 'right']

const heading = ['Kind', 'share', 'streams', 'complete', 'failed', 'aborted', 'TTFT p50', 'p99', 'duration p50', 'p99']

/** What the streams of each kind did, one line each; nothing without a mix. */
export function kindLines({ kinds }: Summary): string[] {
  if (!kinds) return []
  return [...alignRows([heading, ...kinds.map(kindRow)], columns).map((line) => `  ${line}`), '']
}

function kindRow({ name, share, streams, whole, failed, aborted, ttft, duration }: KindSummary): string[] {
  return [
    name,
    `${fixed(share * 100, 1)} %`,
    ...[streams, whole, failed, aborted].map(grouped),
    ...[ttft, duration].flatMap((times) => [fixed(times?.p50Ms, 1), fixed(times?.tail.p99Ms, 1)]),
  ]
}

import { figures } from '../src/judge/thresholds/figures.ts'
import { streamMetrics } from '../src/judge/thresholds/goodput.ts'
import { displayOf } from '../src/judge/thresholds/quantity-text.ts'
import { timeMetrics } from '../src/judge/thresholds/time-metrics.ts'
import { code, generatedFrom, markdownTable } from './markdown.ts'

const intro = `A threshold is a limit on a number of the report. If it is broken, the run is FAIL and exits with 1.

\`\`\`sh
npx ccr-sse-stress run --streams 200 --threshold 'ttft.p99 < 250ms' --threshold 'failed.rate < 1%' --threshold 'findings.count == 0'
npx ccr-sse-stress run --streams 200 --goodput 'ttft < 500ms' --goodput 'interChunk.max < 200ms' --threshold 'goodput.share > 99%'
npx ccr-sse-stress run --streams 5000 --ramp-ms 60000 --threshold 'failed.rate < 1%' --abort-on-fail --junit-out run.xml
\`\`\`

Thresholds are checked before anything starts: an unknown metric, phase or unit is a usage error (status 64). Each threshold is a line of the report, an
entry of \`thresholds\` in the JSON, and a test case in the file of \`--junit-out\`. They are stored with the run, so \`report\` prints the same.

## Form

\`METRIC < LIMIT\`, with \`<\`, \`<=\`, \`>\`, \`>=\`, \`==\` or \`!=\`. Spaces do not matter.

| Limit on | Units | Without a unit |
| --- | --- | --- |
| a time | \`ns\`, \`us\`, \`ms\`, \`s\`, \`m\`, \`h\` | ms |
| a share | \`%\` | a number such as 0.01 (\`1\` is refused: write \`1%\` or \`100%\`) |
| a size | \`B\`, \`KiB\`, \`MiB\`, \`GiB\` | refused |
| a rate | \`/s\` | per second |
| a data rate | \`bit/s\`, \`kbit/s\`, \`Mbit/s\`, \`Gbit/s\` | refused |
| a count | none | a whole number |

- **Percentiles**: \`p50\`, \`p99\`, \`p99.9\` and so on.
- **Phases**: \`ttft{phase:spike}.p99 < 1s\` is about the streams that started in the phase \`spike\`. Without a tag, a threshold is about all phases that are not
  excluded. A load without phases has the only phase \`load\`.
- **k6**: the expressions of k6 are accepted. \`ttft.p(99)<250\` is \`ttft.p99 < 250ms\`, \`ttft.med<50\` is \`ttft.p50 < 50ms\`, \`failed.rate<0.01\` is \`failed.rate < 1%\`.

In a scenario file, thresholds are lists of expressions by metric, as in k6, or one list of texts as on the command line:

\`\`\`yaml
thresholds:
  ttft: ["p(99)<250", "p(50)<50"]
  ttft{phase:spike}: ["p(99)<1s"]
  failed: [{ threshold: "rate<1%", abortOnFail: true, delayAbortEval: 10s }]
  findings: ["count == 0"]
goodput: ["ttft < 500ms"]
\`\`\`

## What the states mean

| State | In the report | When | Effect |
| --- | --- | --- | --- |
| \`ok\` | ok | The limit is kept. If the timing is suspect, the line says so. | none |
| \`broken\` | BROKEN | The limit is not kept. | FAIL, status 1 |
| \`too_few_samples\` | TOO FEW SAMPLES | A percentile has too few values: p99 needs 100, p99.9 needs 1,000, p95 needs 20. | FAIL, status 1 |
| \`not_measured\` | NOT MEASURED | The number does not exist, such as the CPU time of a gateway on another machine, or an overhead without a baseline. | FAIL, status 1 |
| \`invalid_timing\` | not judged | The [timing](reading-the-report.md#timing) is invalid and the number is a time or depends on time, or the harness failed. | INVALID, status 3 |

A run with invalid timing never passes or breaks a threshold on a time, a rate, CPU time or open streams. Findings, memory and descriptors are judged in any
case, and so are failures that a slow harness cannot cause: only streams that ran into a deadline of the harness do not count then.

A stream that fails before its first delta has no TTFT. In \`ttft\` and \`duration\` it counts as longer than any other stream: a gateway does not look faster
because its slow streams fail. The report shows \`never\` if the percentile falls among such streams. \`ttftWhole\` has complete streams only. Streams with an
injected fault, and streams that the harness aborted, are not counted as failed.

## Ending a load early

\`failed.rate < 1%, abort\` ends the load as soon as the threshold is broken, \`failed.rate < 1%, abort after 10s\` not before 10 s. \`--abort-on-fail\` adds
\`, abort\` to every threshold that can be evaluated while the load runs: an upper limit (\`<\` or \`<=\`) for the whole run on \`failed.rate\`, \`failed.count\`,
\`ttft.max\` or a percentile of \`ttft\`. They are evaluated once per second, without the streams of excluded phases. A rate or a percentile needs enough streams to
show it (100 for a limit of 1 % and for a p99), or more bad streams than the remaining ones can make up for.

Open streams are then aborted, which is not a failure. The report has the threshold, the time and what was observed (\`abortedBy\` in the JSON). A load with
\`--fault\` cannot be ended early.

## Goodput

\`--goodput\` sets limits for each stream. The goodput is the streams per second that were complete and met all of them. The report shows it as count, share and
rate. A threshold can name \`goodput.rate\`, \`goodput.share\` and \`goodput.count\`; without a \`--goodput\` limit, they count the complete streams.
`

/** `docs/thresholds.md`. */
export function thresholdsDoc(): string {
  const units = (name: string, perPhase: boolean | undefined, help: string, unit: string) => [
    code(name),
    unit,
    perPhase ? 'yes' : '',
    help,
  ]
  const lines = [
    '# Thresholds',
    '',
    generatedFrom('src/judge/thresholds/figures.ts, src/judge/thresholds/time-metrics.ts and tools/thresholds-doc.ts'),
    '',
    intro.trimEnd(),
    '',
    ...markdownTable(
      ['Limit for each stream', 'Meaning'],
      Object.entries(streamMetrics).map(([name, { help }]) => [code(name), help]),
    ),
    '',
    '## Metrics',
    '',
    'Times have the statistics `pNN`, `min`, `max` and `n` (the number of values), such as `ttft.p99`.',
    '',
    ...markdownTable(
      ['Time', 'Unit', 'Per phase', 'Meaning'],
      timeMetrics.map(({ name, perPhase, help }) => units(name, perPhase, help, 'time')),
    ),
    '',
    ...markdownTable(
      ['Number', 'Unit', 'Per phase', 'Meaning'],
      figures.map(({ name, perPhase, help, measure, stands }) =>
        units(stands ? name.replace('NAME', stands) : name, perPhase, help, displayOf(measure).label),
      ),
    ),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

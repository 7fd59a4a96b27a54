/** The files of a run's folder: the run without its streams, a record a line, time lines, and the report for people. */
export const resultFiles = {
  run: 'run.json',
  streams: 'streams.ndjson',
  flights: 'flights.ndjson',
  report: 'report.txt',
} as const

/** The link to the newest run. */
export const latest = 'latest'

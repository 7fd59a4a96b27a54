/** The files of a run's folder: the run without its streams, one record per line, one timeline per line, and the report. */
export const resultFiles = {
  run: 'run.json',
  streams: 'streams.ndjson',
  flights: 'flights.ndjson',
  report: 'report.txt',
} as const

/** Name of the link to the newest run. */
export const latest = 'latest'

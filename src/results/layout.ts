/** The files of a run's folder: the run without its streams, one record per line, one timeline per line, the values over time, and the report. */
export const resultFiles = {
  run: 'run.json',
  streams: 'streams.ndjson',
  flights: 'flights.ndjson',
  series: 'series.csv',
  report: 'report.txt',
} as const

/** Name of the link to the newest run. */
export const latest = 'latest'

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

/** The files of a folder with the runs of several rounds: which runs they are, and the report of all. */
export const roundsFiles = { rounds: 'rounds.json', report: 'report.txt' } as const

/** Folder with the runs that do not count. The others are in a folder for each gateway, so that `compare` takes it as one side. */
export const notCounted = 'not-counted'

/** The file of a search for a capacity, and the folder next to it with the runs of its steps. */
export const capacityFiles = { capacity: 'capacity.json', runs: 'runs' } as const

import type { Run } from '../model/run.ts'

/** Flags that a stream which is run again has of its own. */
const replaced = ['--streams', '--first-stream', '--json-out', '--ramp-ms']

/** The command line that runs one stream of a run again, alone and with the same texts and faults; undefined where none asked for the run. */
export function rerunCommand({ words }: Pick<Run, 'words'>, stream: number): string | undefined {
  if (!words) return undefined
  const kept = words.filter((word, index) => {
    const [before = ''] = index === 0 ? [] : words.slice(index - 1, index)
    return !replaced.includes(before) && !replaced.some((flag) => word === flag || word.startsWith(`${flag}=`))
  })
  return ['npx ccr-sse-stress', ...kept.map(quoted), '--streams 1', `--first-stream ${stream}`].join(' ')
}

/** As a POSIX shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

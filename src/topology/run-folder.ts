import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A temporary folder of one run, for this user only (0700); it goes with what is in it. */
export interface RunFolder extends AsyncDisposable {
  readonly path: string
  /** Removes it synchronously: for a second Ctrl-C. */
  removeNow(): void
}

/** Makes the folder below `parent`, the system's folder for temporary files. */
export async function createRunFolder(parent: string): Promise<RunFolder> {
  const path = await mkdtemp(join(parent, 'ccr-sse-stress-'))
  // A process that was killed a moment ago may still be seen writing: hence the retries.
  const options = { recursive: true, force: true, maxRetries: 3, retryDelay: 20 }
  return {
    path,
    removeNow: () => rmSync(path, options),
    [Symbol.asyncDispose]: () => rm(path, options),
  }
}

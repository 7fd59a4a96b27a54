import module from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

// The entry of a worker thread of the runner, see `load-thread.ts`. The compile cache of the main thread is none of a worker's, and
// what is imported the plain way would be compiled before it is there: see `cli.ts`.
const { compileCache } = workerData as { readonly compileCache: string | undefined }
if (compileCache !== undefined) module.enableCompileCache(compileCache)

const { loadByOrder } = await import('./worker-loads.ts')
if (parentPort) loadByOrder(parentPort)

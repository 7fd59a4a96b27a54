import module from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

// Entry point of a worker thread of the runner (see `runner.ts`). A worker does not inherit the main thread's compile cache. The
// import is dynamic because static imports would be compiled before the cache is enabled (see `cli.ts`).
const { compileCache } = workerData as { readonly compileCache: string | undefined }
if (compileCache !== undefined) module.enableCompileCache(compileCache)

const { runWorker } = await import('./worker-loop.ts')
if (parentPort) runWorker(parentPort)

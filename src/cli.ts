#!/usr/bin/env node
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { exitStatus } from './base/exit-status.ts'
import { outdatedNode } from './cli/node-version.ts'
import { keepPausesShort } from './host/short-pauses.ts'

// Imports the rest only after this check: an older Node.js cannot even parse it.
const outdated = outdatedNode(process.versions.node)
if (outdated !== undefined) {
  process.stderr.write(`error: ${outdated}\n`)
  process.exitCode = exitStatus.environment
} else {
  keepPausesShort()

  // Three processes compile the same sources in each run, which costs a CPU-second without a cache. The cache is inside the package, so
  // that no other user can put code into it. In a read-only package, as in an image, there is no cache.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/ccr-sse-stress', import.meta.url)))

  // A static import would be compiled before the line above runs.
  const { main } = await import('./cli/main.ts')
  await main(process.argv.slice(2))
}

#!/usr/bin/env node
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { keepPausesShort } from './host/short-pauses.ts'

keepPausesShort()

// Three processes compile the same sources at each run, a second of it on two cores. Within the package, where nobody else
// can put code; where it can't be written, as in an image, there is no cache. An older Node has none, and is told so below.
module.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/ccr-sse-stress', import.meta.url)))

// What is imported the plain way is compiled before the line above is run.
const { main } = await import('./cli/main.ts')
await main(process.argv.slice(2))

import { UsageError } from '../base/errors.ts'
import { portOf } from '../base/url.ts'
import { readFlags } from '../options/flag-table.ts'
import { proxyFlags } from '../options/flags.ts'
import { startToxicProxy } from '../toxic/toxic-proxy.ts'
import { createLog } from './log.ts'
import { serve } from './serve.ts'

/** `proxy`: a TCP proxy with toxics. */
export async function proxyCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { 'log-level': level, toxic: toxics, upstream: url, ...rest } = readFlags(proxyFlags, argv)
  const upstream = addressOf(url)
  if (rest.port === upstream.port && rest.host === upstream.host)
    throw new UsageError([
      { where: '--upstream', message: "must differ from the proxy's own address", got: JSON.stringify(url) },
    ])
  const log = createLog(level)
  return serve('proxy', log, () => startToxicProxy({ ...rest, upstream, toxics, log }))
}

function addressOf(url: string): { host: string; port: number } {
  return { host: new URL(url).hostname.replace(/^\[|\]$/g, ''), port: portOf(url) }
}

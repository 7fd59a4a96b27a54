import { UsageError } from '../errors.ts'
import { startToxicProxy } from '../toxic/toxic-proxy.ts'
import { readFlags } from './flag-table.ts'
import { proxyFlags } from './flags.ts'
import { createLog } from './log.ts'
import { serve } from './serve.ts'

/** `proxy`: a TCP proxy with toxics. */
export async function proxyCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { 'log-level': level, toxic: toxics, upstream: url, ...rest } = readFlags(proxyFlags, argv)
  const upstream = addressOf(url)
  if (rest.port === upstream.port && rest.host === upstream.host)
    throw new UsageError([{ where: '--upstream', expected: 'another address than its own', got: JSON.stringify(url) }])
  const log = createLog(level)
  return serve('proxy', log, () => startToxicProxy({ ...rest, upstream, toxics, log }))
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url)
  const usual = protocol === 'https:' ? 443 : 80
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) }
}

import { UsageError } from '../base/errors.ts'
import { portOf } from '../base/url.ts'
import { watchPauses } from '../host/pauses.ts'
import { readFlags } from '../options/flags.ts'
import { startProxyControl } from '../toxic/proxy-control.ts'
import { startToxicProxy } from '../toxic/toxic-proxy.ts'
import { createLog } from './host.ts'
import { serve } from './serve.ts'

/** `proxy`: a TCP proxy with toxics. */
export async function proxyCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { logLevel, proxyToxics: toxics, upstream: url, controlPort, ...values } = readFlags('proxy', argv)
  const upstream = addressOf(url)
  if (values.port === upstream.port && values.host === upstream.host)
    throw new UsageError([
      { where: '--upstream', message: "must differ from the proxy's own address", got: JSON.stringify(url) },
    ])
  const log = createLog(logLevel)
  // The run that started this proxy reads these lines: a proxy that was paused is not a slow gateway.
  const pauses = watchPauses((pause) => log.info({ pause }, 'proxy paused'))
  await using control =
    controlPort === undefined ? undefined : await startProxyControl({ host: values.host, port: controlPort, log })
  if (control) log.info({ url: control.url }, 'proxy control listening')
  return await serve('proxy', log, () => startToxicProxy({ ...values, upstream, toxics, log })).finally(() =>
    pauses.stop(),
  )
}

function addressOf(url: string): { host: string; port: number } {
  return { host: new URL(url).hostname.replace(/^\[|\]$/g, ''), port: portOf(url) }
}

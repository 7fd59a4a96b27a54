import { readFlags } from '../options/flag-table.ts'
import { gatewayFlags } from '../options/flags.ts'
import { startReferenceGateway } from '../reference/reference-gateway.ts'
import { createLog } from './log.ts'
import { serve } from './serve.ts'

/** `gateway`: the embedded reference gateway. */
export async function gatewayCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { 'log-level': level, 'idle-limit-ms': idleLimitMs, ...rest } = readFlags(gatewayFlags, argv)
  const log = createLog(level)
  return serve('gateway', log, () => startReferenceGateway({ ...rest, idleLimitMs, log }))
}

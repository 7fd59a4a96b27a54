import { readFlags } from '../options/flags.ts'
import { instanceVariable } from '../process/instance.ts'
import { startReferenceGateway } from '../reference/reference-gateway.ts'
import { createLog } from './host.ts'
import { serve } from './serve.ts'

/** `gateway`: the embedded reference gateway. */
export async function gatewayCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { logLevel, ...values } = readFlags('gateway', argv)
  const log = createLog(logLevel)
  const instance = process.env[instanceVariable]
  return serve('gateway', log, () => startReferenceGateway({ ...values, log, instance }))
}

import { existsSync, readFileSync } from 'node:fs'

const path = '/proc/sys/kernel/random/boot_id'

/** What names this start of the kernel: processes with the same one share its clock. Undefined where the system does not say. */
export function readBootId(): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

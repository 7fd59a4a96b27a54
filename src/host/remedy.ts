import { type DescriptorsPerStream, descriptorsNeeded, portsNeeded, usablePortShare } from './capacity.ts'
import type { MachineLimits } from './limits.ts'

const lastPort = 65_535
/** Below are the ports that any user's servers choose, the mock's and the gateway's defaults among them. */
const firstFreePort = 10_000
const firstUnprivilegedPort = 1024

/** The commands that let a process open enough descriptors for so many streams. */
export function raiseDescriptors(
  streams: number,
  perStream: DescriptorsPerStream,
  { descriptors }: Pick<MachineLimits, 'descriptors'>,
): string {
  const needed = descriptorsNeeded(streams, perStream)
  const shell = `ulimit -n ${needed}`
  if (descriptors && needed <= descriptors.hard) return `\`${shell}\` in this shell`
  return `as root \`${shell}\` before the command, for another user's shell \`sudo prlimit --pid $$ --nofile=${needed}:${needed}\`, in a container \`docker run --ulimit nofile=${needed}:${needed}\``
}

/** The command that widens the range of local ports for so many streams. */
export function raisePorts(streams: number): string {
  const first = lastPort - portsNeeded(streams) + 1
  if (first < firstUnprivilegedPort) {
    const most = Math.floor((lastPort - firstUnprivilegedPort + 1) * usablePortShare)
    return `no range is enough: ${most} streams are the most between two addresses, split the load over several`
  }
  const from = first >= firstFreePort ? firstFreePort : firstUnprivilegedPort
  return `\`sudo sysctl -w net.ipv4.ip_local_port_range="${from} ${lastPort}"\``
}

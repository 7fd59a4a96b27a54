import { singleLine } from '../base/printable.ts'
import { withoutSecrets } from './secrets.ts'

/** Makes a line from another program safe to print: removes secrets and terminal control sequences. */
export function redact(line: string): string {
  return withoutSecrets(singleLine(line))
}

/** Lines of a private key that are hidden at most, so that a beginning without an end does not hide all further output. */
const mostKeyLines = 200

/** Redacts the lines of one output one after the other. Lines within a private key become empty. */
export function createRedactor(): (line: string) => string {
  let keyLines = 0
  return (line) => {
    if (keyLines > 0) {
      keyLines--
      if (line.includes('-----END ')) keyLines = 0
      return ''
    }
    const begin = line.lastIndexOf('-----BEGIN ')
    if (begin >= 0 && line.includes('PRIVATE KEY', begin) && !line.includes('-----END ', begin)) keyLines = mostKeyLines
    return redact(line)
  }
}

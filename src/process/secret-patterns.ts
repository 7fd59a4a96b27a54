/** A kind of secret that a program may print: where it begins, and what replaces it. */
interface SecretPattern {
  readonly name: string
  /** The same text must not match in many ways, as a server chooses it: repetitions are bounded or do not overlap. */
  readonly pattern: RegExp
  /** As in `String.replace`; `$1` and `$2` are what introduces the secret. */
  readonly replacement: string
}

/** What replaces a secret. */
export const replacement = '[redacted]'

/** Names of members, variables, headers and fields whose value is a secret. */
const names =
  '(?:api|access|private|secret|subscription)[-_ ]?key|secret[-_ ]?access[-_ ]?key|(?:api|auth|access|refresh|id|session|security|client|bearer)[-_ ]?token|secret|passw(?:or)?d|passphrase'

/** What separates a name from its value, in any notation, quoted and escaped up to twice. */
const separator = String.raw`["'\\]{0,4}\s{0,4}[:=]\s{0,4}`

/** Words that follow "password is" in a message that tells no password. */
const plainWords = [
  'null|true|false|none|undefined|a|an|the|not|no|never|only|too|in|by|for|of|to|on|at|from|with|and|or|must|should|may|can|cannot|will|is|was|been',
  'invalid|valid|incorrect|correct|wrong|missing|required|empty|expired|rejected|denied|unknown|needed|set|unset|weak|short|long|sent|read|used',
  'stored|checked|reset|changed|hashed|encrypted|protected|mandatory|optional|bad|malformed|unauthorized|absent|present|provided|configured',
].join('|')
const notPlain = String.raw`(?!\[redacted|(?:${plainWords})(?![\w-]))`

/** The scheme before a secret, which stays; and not a secret that has been replaced. */
const scheme = String.raw`(?:bearer|basic|token|digest|aws4-hmac-sha256)\s{1,4}`
const notShown = String.raw`(?!(?:${scheme})?\[redacted)`

// Linear: each begins with fixed text, and what may share a text with another repetition is bounded; a test tries all of them.
const regex = (source: string, flags = 'gi'): RegExp => new RegExp(source, flags)

/** Every kind of secret that is recognized by its form. */
export const secretPatterns: readonly SecretPattern[] = [
  {
    name: 'credentials in a URL',
    pattern: regex(String.raw`(:\/\/)[^\s/?#"'<>]{1,512}@`),
    replacement: `$1${replacement}@`,
  },
  {
    name: 'a key in the query of a URL',
    pattern: regex(
      String.raw`([?&][\w.-]{0,40}?(?:key|token|secret|sig|signature|passw(?:or)?d|auth|credential)[\w.-]{0,20}=)(?!\[redacted)[^\s&#"'<>\\]+`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a cookie',
    pattern: regex(String.raw`\b((?:set-)?cookie2?${separator}["'\\]{0,4})(?!\[redacted)[^\s"'\\][^"'\\\r\n]{0,8192}`),
    replacement: `$1${replacement}`,
  },
  {
    name: 'an authorization header',
    pattern: regex(String.raw`(authorization${separator}["'\\]{0,4})${notShown}(${scheme})?[^\s"'\\,;}]+`),
    replacement: `$1$2${replacement}`,
  },
  {
    name: 'a quoted value with a secret name',
    pattern: regex(String.raw`((?:${names})${separator}\\{0,3}(["']))(?!\[redacted)[^"'\\\r\n]+`),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a value with a secret name',
    pattern: regex(String.raw`((?:${names})${separator})${notShown}(${scheme})?${notPlain}[^\s"'\\,;}&]+`),
    replacement: `$1$2${replacement}`,
  },
  {
    name: 'a long value named token',
    // A short one may be a token of a language model. Texts of the plan begin with a tilde.
    pattern: regex(String.raw`\b(token${separator}["'\\]{0,4})(?!\[redacted|~)[^\s"'\\,;}&]{8,}`),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a password in a sentence',
    pattern: regex(
      String.raw`\b((?:password|passwd|passphrase|secret|api[- ]?key)(?:\s{1,4}(?:is|was)\b:?|:)\s{1,4}["'\\]{0,4})${notPlain}[^\s"'\\,;}]{3,}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a key or token in a sentence',
    pattern: regex(
      String.raw`\b((?:key|token)\s{1,4}(?:is|was)\b:?\s{1,4}["'\\]{0,4})(?=[^\s"'\\,;}]{0,64}\d)(?!\[redacted|~)[^\s"'\\,;}]{8,}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a bearer token',
    pattern: regex(
      String.raw`\b(bearer\s{1,4})(?!\[redacted|(?:auth|authentication|authorization|token|tokens|scheme|realm|header|headers|format|channel)\b)[\w.~+/=-]{6,}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'basic credentials',
    // Base64 of "name:password" has capital letters or digits; an English word after "basic" has not.
    pattern: regex(String.raw`\b([Bb]asic\s{1,4})(?=[a-z+/=]{0,64}[A-Z0-9])[A-Za-z0-9+/=]{8,}`, 'g'),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a key with a known prefix',
    pattern: regex(
      [
        String.raw`\b(?:[srp]k[-_][\w-]{8,}|gh[pousr]_\w{8,}|github_pat_\w{8,}|glpat-[\w-]{8,}|xox[abeoprs]-[\w-]{8,}|AIza[\w-]{20,}`,
        String.raw`(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{20,}|gsk_\w{16,}|xai-[\w-]{16,}|ya29\.[\w.-]{8,}|whsec_\w{8,})`,
      ].join('|'),
      'g',
    ),
    replacement,
  },
  {
    name: 'a JSON web token',
    pattern: regex(String.raw`\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]{0,2048})?`, 'g'),
    replacement,
  },
  {
    name: 'a private key in PEM, or its beginning',
    pattern: regex(
      '-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[^"]){0,16384}(?:-----END [A-Z0-9 ]{0,60}-----)?',
      'g',
    ),
    replacement,
  },
  {
    name: 'the end of a private key in PEM',
    pattern: regex(
      '^(?:(?!-----(?:BEGIN|END))[^"]){0,16384}-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----',
      'g',
    ),
    replacement,
  },
]

/** Shorter texts contain no secret that could be recognized. */
const leastLength = 8

/** The text without the secrets that are recognized by their form. */
export function withoutPatterns(text: string): string {
  if (text.length < leastLength) return text
  let shown = text
  for (const { pattern, replacement } of secretPatterns) shown = shown.replace(pattern, replacement)
  return shown
}

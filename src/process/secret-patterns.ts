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
const names = [
  '(?:api|access|account|private|secret|subscription|signing|encryption)[-_ ]?key|secret[-_ ]?access[-_ ]?key|shared[-_ ]?access[-_ ]?signature',
  '(?:api|auth|access|refresh|id|session|security|client|bearer|csrf|xsrf)[-_ ]?token|secret|passw(?:or)?d|passphrase|passcode|aws[-_ ]secret',
].join('|')

/** Names whose value is a secret only if it looks like one: a token may be of a language model, a key of a table. */
const vagueNames = 'key|token|auth|pass|pwd|credentials?|sess(?:ion)?[-_]?id|sid|x-amz-(?:signature|credential)'

/** What separates a name from its value, in any notation, quoted and escaped up to twice. */
const separator = String.raw`["'\\]{0,4}\s{0,4}(?:=>|[:=])\s{0,4}`

/** What a key has and an English word has not. Where case counts, names of models and versions have no capital letter. */
const looksSecret = String.raw`(?=[^\s"'\\,;}&<]{0,64}\d)(?=[^\s"'\\,;}&<]{0,64}[a-z])`
const looksRandom = String.raw`${looksSecret}(?=[^\s"'\\,;}&<]{0,64}[A-Z])`

/** Words that follow "password is" in a message without a password. */
const plainWords = [
  'null|true|false|none|undefined|a|an|the|not|no|never|only|too|in|by|for|of|to|on|at|from|with|and|or|must|should|may|can|cannot|will|is|was|been',
  'invalid|valid|incorrect|correct|wrong|missing|required|empty|expired|rejected|denied|unknown|needed|set|unset|weak|short|long|sent|read|used',
  'stored|checked|reset|changed|hashed|encrypted|protected|mandatory|optional|bad|malformed|unauthorized|absent|present|provided|configured',
].join('|')
const notPlain = String.raw`(?!\[redacted|(?:${plainWords})(?![\w-]))`

/** The scheme before a secret, which stays; and not a secret that has been replaced. */
const scheme = String.raw`(?:bearer|basic|token|digest|negotiate|ntlm|hmac|hawk|dpop|api-?key|sharedkey|aws4-hmac-sha256)\s{1,4}`
const notShown = String.raw`(?!(?:${scheme})?\[redacted)`

/** What may follow the first word of an authorization: Digest and AWS have their secret in the last parameter. */
const quoted = String.raw`\\{0,2}"[^"\r\n]{0,2048}"`
const parameters = String.raw`(?:${quoted})?(?:,\s{0,4}[\w-]{1,40}=(?:${quoted}|[^\s"'\\,;}]{0,2048})){0,16}`

// Linear: each begins with fixed text, and what may share a text with another repetition is bounded; a test tries all of them.
const regex = (source: string, flags = 'gi'): RegExp => new RegExp(source, flags)

/** Every kind of secret that is recognized by its form. */
export const secretPatterns: readonly SecretPattern[] = [
  {
    name: 'credentials in a URL',
    pattern: regex(String.raw`(:(?:\\{0,2}\/){2})(?!\[redacted)[^\s/?#"'<>\\]{1,512}@`),
    replacement: `$1${replacement}@`,
  },
  {
    name: 'credentials in an encoded URL',
    pattern: regex(String.raw`(%3A%2F%2F)(?!\[redacted)[^\s/?#"'<>\\&@]{1,512}%40`),
    replacement: `$1${replacement}%40`,
  },
  {
    name: 'credentials in a URL that was cut',
    // A port has digits only.
    pattern: regex(String.raw`(:\/\/[^\s/?#"'<>\\:@[\]…]{0,256}:)(?!\d{0,5}…|\[redacted)[^\s/?#"'<>\\@…]{1,256}…`),
    replacement: `$1${replacement}…`,
  },
  {
    name: 'credentials before a host',
    // A digest of an image and a version of a package have the same form.
    pattern: regex(
      String.raw`\b([\w.-]{1,64}:)(?=[^\s/@"'\\]{0,64}\d)(?=[^\s/@"'\\]{0,64}[a-z])[^\s/@:"'\\<>]{6,128}@(?!sha\d|v?\d+\.\d)(?=[\w[])`,
    ),
    replacement: `$1${replacement}@`,
  },
  {
    name: 'a key in the path of a URL',
    pattern: regex(
      String.raw`((?:hooks\.slack\.com\/[a-z]{1,20}\/|discord(?:app)?\.com\/api\/webhooks\/|api\.telegram\.org\/bot))[\w/:-]{8,}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a key in the query of a URL',
    pattern: regex(
      String.raw`([?&][\w.-]{0,40}?(?:key|token|secret|sig|signature|passw(?:or)?d|auth|credential)[\w.-]{0,20}=)(?!\[redacted)[^\s&#"'<>\\]+`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a list with a secret name',
    pattern: regex(
      String.raw`((?:${names}|authorization|\b(?:set-)?cookies?2?)${separator}[[{])(?!\[?redacted)[^\]}\r\n]{1,8192}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a value after its name in a list',
    pattern: regex(
      String.raw`((?:${names}|authorization|\b(?:set-)?cookie2?)\\{0,3}["']\s{0,4},\s{0,4}\\{0,3}["'])(?!\[redacted)(?=[^"'\\]{0,64}\d)[^"'\\\r\n]{6,}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a cookie',
    pattern: regex(
      String.raw`\b((?:set-)?cookies?2?${separator}["'\\]{0,4})(?![[{])[^\s"'\\](?:=\\{0,2}"[^"\\\r\n]{0,4096}\\{0,2}"|[^"'\\\r\n]){0,8192}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'an authorization header',
    pattern: regex(
      String.raw`(authorization(?:${separator}|\s{1,4}(?=${scheme}))["'\\]{0,4})${notShown}(?![[{])(${scheme})?[^\s"'\\,;}]+${parameters}`,
    ),
    replacement: `$1$2${replacement}`,
  },
  {
    name: 'a quoted value with a secret name',
    pattern: regex(String.raw`((?:${names})${separator}(["']))(?!\[redacted)(?:(?!\2)[^\\\r\n]|\\[^\r\n])+`),
    replacement: `$1${replacement}`,
  },
  {
    name: 'an escaped value with a secret name',
    pattern: regex(String.raw`((?:${names})${separator}\\{1,3}(["']))(?!\[redacted)(?:(?!\2)[^\\\r\n]|\\[^"'\\\r\n])+`),
    replacement: `$1${replacement}`,
  },
  {
    name: 'an element with a secret name',
    pattern: regex(String.raw`(<[\w:.-]{0,40}?(?:${names})>)(?!\[redacted)[^<]{1,8192}`),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a value with a secret name',
    pattern: regex(String.raw`((?:${names})${separator})${notShown}(?![[{])(${scheme})?${notPlain}[^\s"'\\,;}&]+`),
    replacement: `$1$2${replacement}`,
  },
  {
    name: 'a long value named token',
    // A short one may be a token of a language model. Texts of the plan begin with a tilde.
    pattern: regex(String.raw`\b(token${separator}["'\\]{0,4})(?!\[redacted|~)[^\s"'\\,;}&]{8,}`),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a long value with a vague name',
    pattern: regex(
      String.raw`((?:\b|_|PHP|J)(?:${vagueNames})${separator}["'\\]{0,4})(?!\[redacted|~)${looksSecret}[^\s"'\\,;}&]{8,}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a password in a sentence',
    pattern: regex(
      String.raw`\b((?:password|passwd|passphrase|secret|api[- ]?key)(?:\s{1,4}for\s{1,4}\S{1,64})?(?:\s{1,4}(?:is|was)\b(?:\s{1,4}set\s{1,4}to)?:?|:)\s{1,4}["'\\(]{0,4})${notPlain}[^\s"'\\,;})]{3,}`,
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
    name: 'a key or password after its name',
    pattern: regex(
      String.raw`((?:${names})\s{1,4}(?:[a-z]{1,12}\s{1,4}){0,2}["'\\([]{0,4})(?![~[-])${looksSecret}[^\s"'\\,;})&=]{8,}`,
    ),
    replacement: `$1${replacement}`,
  },
  {
    name: 'a key after words',
    pattern: regex(
      String.raw`\b((?:[Kk]ey|KEY|[Tt]oken|TOKEN|[Cc]redentials?)(?:\s{1,4}[a-z]{1,12}){0,4}:?\s{1,4}["'\\([]{0,4})(?![~[-])${looksRandom}[^\s"'\\,;})&]{8,}`,
      'g',
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
        String.raw`\b(?:[srp]k[-_][\w-]{8,}|gh[pousr]_\w{8,}|github_pat_\w{8,}|gl[a-z]{2,6}-(?=[\w-]{0,40}\d)[\w-]{16,}|glpat-[\w-]{8,}|hf_[A-Za-z0-9]{16,}`,
        String.raw`xox[a-z](?:\.xox[a-z])?-[\w-]{8,}|xapp-[\w-]{8,}|AIza[\w-]{8,}|(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{8,}|npm_[A-Za-z0-9]{20,}`,
        String.raw`gsk_\w{16,}|xai-[\w-]{16,}|ya29\.[\w.-]{8,}|GOCSPX-[\w-]{8,}|1\/\/0[\w-]{16,}|whsec_\w{8,}|pplx-\w{16,}|r8_\w{16,}|nvapi-[\w-]{16,}`,
        String.raw`do[opr]_v1_\w{8,}|SG\.[\w-]{8,}\.[\w-]{8,}|pypi-[\w-]{16,}|dckr_[a-z]{3}_[\w-]{8,}|hv[bsr]\.[\w.-]{16,}|lin_api_\w{8,}|figd_[\w-]{8,}`,
        String.raw`shp(?:at|ss|ca|pa)_\w{8,}|sb[ps]_(?=\w{0,40}\d)\w{8,}|tvly-[\w-]{8,}|sntry[su]_\w{8,}|ATATT[\w=-]{16,}|EAA(?=[A-Z]{0,4}\w{0,40}\d)\w{20,}`,
        String.raw`PMAK-[\w-]{8,}|sess-[\w-]{16,}|fw_(?=\w{0,40}\d)\w{16,}|AGE-SECRET-KEY-1[A-Z0-9]{8,})`,
      ].join('|'),
      'g',
    ),
    replacement,
  },
  {
    name: 'a JSON web token',
    pattern: regex(String.raw`\beyJ[\w-]{8,}\.(?:[\w-]{8,}|\.[\w-]{8,})(?:\.[\w-]{0,2048}){0,3}`, 'g'),
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

/** Minimum length of a text in which a secret can be recognized. */
const leastLength = 8

/** The text without the secrets that are recognized by their form. */
export function withoutPatterns(text: string): string {
  if (text.length < leastLength) return text
  let shown = text
  for (const { pattern, replacement } of secretPatterns) shown = shown.replace(pattern, replacement)
  return shown
}

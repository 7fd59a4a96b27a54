import { describe, it } from 'node:test'
import { printable, singleLine } from '../src/base/printable.ts'
import { shown } from '../src/base/shown.ts'
import { activeStreamsIn, metricIn } from '../src/gateways/active-streams.ts'
import { createJsonText } from '../src/grammar/json-text.ts'
import { parseStats } from '../src/host/docker-meter.ts'
import { readChunkExtension } from '../src/load/chunk-extension.ts'
import { readContentType, splitList } from '../src/load/content-type.ts'
import { ResponseDecoder } from '../src/load/response-decoder.ts'
import { parseFields, parseResponseHead } from '../src/load/response-head.ts'
import { usageSchema } from '../src/model/gateway.ts'
import { parseHeader } from '../src/options/request-headers.ts'
import { parsePlanMarker } from '../src/plan/key.ts'
import { createLastLines } from '../src/process/last-lines.ts'
import { redact } from '../src/process/redact.ts'
import { SseParser } from '../src/protocol/sse.ts'
import { isFull, pieces, repeated, withinLimit } from './fixtures/large-text.ts'

type Parser = readonly [parse: (text: string) => unknown, ...pieces: string[]]

/** Every parser of text that a server, a child process, an engine or a user sends, and what it looks for. */
const parsers: Readonly<Record<string, Parser>> = {
  'a line of a report': [(text) => [singleLine(text), printable(text, 512)], '\u001b];', '\u001b[1;', '\u009d;'],
  'a received value': [(text) => shown(text), '\u001b];', '\u2028'],
  metrics: [
    (text) => [metricIn(text, 'ccr_peak_active_streams'), metricIn(`ccr_peak${text}`, 'ccr_peak')],
    'ccr_peak_active_streams{\n',
    'ccr_peak_active_streams } ',
    '\n',
    '{',
    ' ',
  ],
  'the status page of nginx': [
    (text) => activeStreamsIn(text, { kind: 'stub_status', path: '/', own: 1 }),
    'Writing: ',
    '0',
  ],
  usage: [(text) => usageSchema.safeParse({ active_streams: text }), 'a'],
  'docker stats': [(text) => parseStats(text), 'a'],
  'a status line': [(text) => parseResponseHead(`HTTP/1.1 200 ${text}\r\n\r\n`), ' ', '\r', 'HTTP/1.1 200 OK'],
  'the name of a header': [(text) => parseFields(`${text}\r\n\r\n`), 'a', '\n a', '\r\n', 'a:b\r\n', '\r'],
  'the value of a header': [(text) => parseFields(`Content-Type: ${text}\r\n\r\n`), ' ', '\t', '\n a', '\r'],
  'a content type': [readContentType, 'a/', 'a/b,', '"', '\\"', ' ', ','],
  'a list in a header': [splitList, '"', '\\"', ',', ' '],
  'a chunk extension': [
    (text) => [readChunkExtension(`;${text}`), readChunkExtension(` ;a=${text}`)],
    ...[' ', ';a', ' ;a=b', '"', '\\"', 'a="'],
  ],
  'an HTTP response': [
    (text) => decode(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`),
    ...['0', ';a', '1\r\na\r\n', '\n'],
  ],
  'the head of a response': [decode, '\n', '\r\n', 'a:b\r\n', 'HTTP/1.1 100 A\r\n\r\n'],
  'the output of a child process': [
    (text) => {
      const lines = createLastLines(20, () => {})
      const writer = lines.writer('stderr')
      for (let at = 0; at < text.length; at += 65_536) writer.write(text.slice(at, at + 65_536))
      writer.end()
      return lines.lines()
    },
    ...['a', '\n', '\r', '\u001b];'],
  ],
  'a line of a child process': [(text) => redact(text), 'a', 'a.', 'token', 'a://', 'a://b:', 'bearer ', '\u001b];'],
  'a custom header': [(text) => [parseHeader(text, []), parseHeader(`X-A: ${text}`, [])], 'a', ' ', 'Bearer @', '@A'],
  'a prompt': [parsePlanMarker, '[plan seed=', '[plan seed=1 stream=1', '['],
  'the arguments of a tool call': [
    (text) => {
      const json = createJsonText()
      json.push(text)
      return json.isObject()
    },
    ...['[', '{"a":', '0', '"', '[0,'],
  ],
  'an event stream': [
    (text) => {
      const parser = new SseParser(() => {})
      parser.push(Buffer.from(text))
      return parser.end()
    },
    ...['data: \n', 'data:', '\r', ':\n', 'id: ', 'event: x\n', 'retry: 1\n'],
  ],
}

function decode(text: string): string {
  const decoder = new ResponseDecoder({ onHead: () => {}, onBody: () => {}, onTolerated: () => {} })
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += 65_536) decoder.push(bytes, at, Math.min(bytes.length, at + 65_536))
  return decoder.state
}

describe('a repeated text of 1 MB takes linear time as', () => {
  for (const [what, [parse, ...own]] of Object.entries(parsers))
    it(what, () => {
      for (const piece of isFull ? new Set([...own, ...pieces]) : own) {
        const text = repeated(piece)
        // As it is, and with an end that fits nothing.
        for (const variant of [text, `${text}\u0001!`]) withinLimit(() => parse(variant))
      }
    })
})

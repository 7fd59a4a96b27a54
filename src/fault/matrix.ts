/** One row of the detection matrix: something that can go wrong, and what is expected of a gateway. */
export interface MatrixRow {
  readonly what: string
  /** What causes and detects it in this program, if it is not a fault of the mock. */
  readonly by?: string
  /** What is reported for it, if it is not a fault of the mock. */
  readonly reported?: string
  readonly good: string
  readonly failure: string
}

const runs = 'every run'
const visibleFailure = 'An error status or an error event, after a retry if no byte was sent yet.'
const visibleCut = 'The client sees an error event or an aborted connection.'
const looksComplete = 'The stream ends as if it were complete.'

/** The detection matrix, by the number of the row. */
export const matrix: Readonly<Record<number, MatrixRow>> = {
  1: {
    what: 'Connection refused',
    by: 'a closed port (tests)',
    reported: '`connect_refused`',
    good: 'Answers 502 or 503.',
    failure: 'No answer, or status 200.',
  },
  2: {
    what: 'Connection attempt times out',
    by: 'a listener with a full backlog (tests)',
    reported: '`connect_timeout`',
    good: 'Gives up after its own connect timeout.',
    failure: 'Waits without a limit.',
  },
  3: {
    what: 'Host name does not resolve',
    by: 'a name below `.invalid` (tests)',
    reported: '`dns_error`',
    good: 'Reports a configuration error when it starts.',
    failure: 'No answer, or status 200.',
  },
  4: {
    what: 'Provider accepts the request and never answers',
    good: 'Reports a failure when its first-byte timeout expires.',
    failure: 'No end arrives within the idle limit plus 5 s.',
  },
  5: {
    what: 'Connection closed before the headers',
    good: 'Retries, or answers with an error status.',
    failure: 'Status 200 with an empty stream.',
  },
  6: {
    what: 'Connection reset before the headers',
    good: 'Retries, or answers with an error status.',
    failure: 'Status 200 with an empty stream.',
  },
  7: {
    what: 'Client error (400, 401, 404, 413)',
    good: 'Passes the status on after a single attempt.',
    failure: 'Another status, or a retry.',
  },
  8: {
    what: 'Rate limit (429), with and without Retry-After',
    good: 'Passes the status on, or waits and retries, with at most 4 attempts.',
    failure: 'Another status, or more than 4 attempts.',
  },
  9: {
    what: 'Server error (500, 502, 503, 529), always or once',
    good: 'Retries successfully, or answers with an error of the same class; at most 4 attempts.',
    failure: 'More than 4 attempts, or a failure that the client cannot see.',
  },
  10: {
    what: 'Redirect (302)',
    good: 'Reports a failure or passes the redirect on.',
    failure: 'Follows the redirect silently.',
  },
  11: {
    what: 'JSON error with status 200',
    good: visibleFailure,
    failure: 'An empty successful stream.',
  },
  12: {
    what: 'JSON, HTML or plain text as text/event-stream',
    good: visibleFailure,
    failure: 'An empty successful stream, or the text passed on as content.',
  },
  13: {
    what: 'Empty answer (204, 205, 200 without an event)',
    good: visibleFailure,
    failure: 'A successful stream with empty text.',
  },
  14: {
    what: 'Error as the first event',
    good: 'Retries, or passes the error on in the shape of the client protocol.',
    failure: looksComplete,
  },
  15: {
    what: 'Error event after some deltas',
    good: 'Passes the error on in the shape of the client protocol (rules A10, C7, R6).',
    failure: looksComplete,
  },
  16: {
    what: 'Error in an unusual shape, or followed by more events',
    good: 'Passes the error on and ends the stream.',
    failure: 'The stream continues after the error, or ends as if it were complete.',
  },
  17: {
    what: 'Connection closed after the headers',
    good: visibleFailure,
    failure: 'An empty successful stream.',
  },
  18: {
    what: 'Connection closed between two events',
    good: visibleCut,
    failure: `${looksComplete} This is \`masked_truncation\`, or \`truncated_clean_eof\`.`,
  },
  19: {
    what: 'Connection closed inside an HTTP chunk, JSON or a character',
    good: visibleCut,
    failure: `${looksComplete} A partial character becomes U+FFFD.`,
  },
  20: { what: 'Connection reset in mid-stream', good: visibleCut, failure: looksComplete },
  21: {
    what: 'Response ends cleanly before the stream is complete',
    good: 'Reports an error, because no terminal event arrived.',
    failure: `${looksComplete} This is the most frequent defect of real gateways.`,
  },
  22: {
    what: 'Stop reason sent, terminal event missing',
    good: 'Completes the stream at once, or reports the failure.',
    failure: 'Waits for more and hangs.',
  },
  23: {
    what: 'Terminal event without a stop reason',
    good: 'Passes the stream on as it is, or reports the failure.',
    failure: 'Invents a stop reason.',
  },
  24: {
    what: '[DONE] altered, repeated or split',
    good: 'Completes the stream once. `[DONE]` inside a text arrives unchanged.',
    failure: 'Content is lost, or the stream hangs.',
  },
  25: {
    what: 'Data after the terminal event or after the response',
    good: 'Drops the data or reports it.',
    failure: 'Content is lost, or the data reaches another stream.',
  },
  26: {
    what: 'Last event without a blank line',
    good: 'Completes the stream, or reports the failure.',
    failure: 'The event is lost silently.',
  },
  27: {
    what: 'Malformed JSON in an event',
    good: visibleCut,
    failure: 'Skips the event silently, or crashes.',
  },
  28: {
    what: 'Malformed HTTP (chunk size, content-length, header size, status line)',
    good: 'Answers 502, or aborts a stream that has started.',
    failure: looksComplete,
  },
  29: {
    what: 'Silence after the headers',
    good: 'Reports a failure when its idle timeout expires.',
    failure: 'No end arrives within the idle limit plus 5 s.',
  },
  30: {
    what: 'Silence in mid-stream',
    good: 'Reports a failure when its idle timeout expires, and closes the upstream connection.',
    failure: 'No end arrives within the idle limit plus 5 s.',
  },
  31: {
    what: 'Only keep-alive comments in mid-stream',
    good: 'Reports a failure: comments are not progress.',
    failure: 'Waits without a limit.',
  },
  32: {
    what: 'Slow but healthy stream',
    good: 'The stream arrives complete.',
    failure: 'The stream is aborted.',
  },
  33: {
    what: 'Bytes split anywhere, other line ends, byte order mark, comments',
    good: 'The stream arrives complete.',
    failure: 'The stream fails, or its text changes.',
  },
  34: {
    what: 'All events in one write',
    good: 'The stream arrives complete.',
    failure: 'The stream fails, or its text changes.',
  },
  35: {
    what: 'Gateway holds a stream back until it is nearly over',
    by: `${runs}, \`conform\``,
    reported: '`buffered`',
    good: 'Passes each event on when it arrives.',
    failure: 'The first delta arrives after half of the stream, and the rest in a burst.',
  },
  36: {
    what: 'Content dropped, duplicated, reordered or altered',
    good: 'Passes the stream on as it is.',
    failure: 'The same classes without an injected fault (rules I1 to I4).',
  },
  37: {
    what: 'Content of another stream',
    good: 'Passes the stream on as it is.',
    failure: 'The same class without an injected fault (rule I5).',
  },
  38: {
    what: 'Any rule of a protocol broken by the gateway',
    good: 'Breaks no rule.',
    failure: 'A finding with the id of the rule ([rules.md](rules.md)).',
  },
  39: {
    what: 'Unusual events: no choices, no `created`, changing id, 1 MiB event, empty deltas',
    good: 'The stream arrives complete.',
    failure: 'A crash, or a change of the text.',
  },
  40: {
    what: 'Usage absent, zero, doubled or in the wrong place',
    good: 'The stream arrives complete.',
    failure: 'Content is lost.',
  },
  41: {
    what: 'Tool arguments with invalid JSON',
    good: 'Passes them on as they are, or reports the failure.',
    failure: 'The arguments change.',
  },
  42: {
    what: 'Client leaves',
    by: '`--client-fault abort@POSITION`, `conform`',
    reported: 'outcome `aborted`, never a failure',
    good: 'Closes the upstream stream within the time between two deltas plus 1 s.',
    failure: '`upstream_not_cancelled`',
  },
  43: {
    what: 'Client reads slowly or not at all',
    by: '`--client-fault slow-read` and `stall-read`, `conform`',
    reported: 'nothing: the stream arrives complete',
    good: 'Its memory stays bounded and other streams are not delayed.',
    failure: '`hol_blocking`, `memory_growth`',
  },
  44: {
    what: 'Resources left after the load',
    by: `${runs} (drain)`,
    reported: 'a finding of the run',
    good: 'Gauges, connections and descriptors return to their values before the load.',
    failure: '`gauge_leak`, `fd_leak`, `memory_growth`',
  },
  45: {
    what: 'More upstream requests than streams',
    by: runs,
    reported: 'a finding of the run',
    good: 'One attempt per stream if nothing failed.',
    failure: '`retry_amplification`',
  },
  46: {
    what: 'Gateway after a group of faults',
    by: 'probe stream of `conform` and of each run',
    reported: 'a finding of the run',
    good: 'Its process is running, and a probe stream arrives complete.',
    failure: '`dead_after`',
  },
  47: {
    what: 'Provider recovers after refusals',
    by: 'probe stream of `conform`',
    reported: 'a failed case',
    good: 'Serves streams again within 30 s.',
    failure: '`dead_after`',
  },
  48: {
    what: 'Gateway process ends during the load',
    by: runs,
    reported: 'failed streams, and how the process or container ended',
    good: 'Does not end.',
    failure: 'The run fails; the report is still written.',
  },
  49: {
    what: 'Mock ends during the load',
    by: runs,
    reported: 'verdict `invalid`',
    good: 'Not the failure of the gateway.',
    failure: 'None: the run says nothing about the gateway.',
  },
  50: {
    what: 'Runner out of descriptors, ports, memory or CPU',
    by: `${runs}, \`doctor\``,
    reported: '`local_resource`, verdict `invalid`',
    good: 'Not the failure of the gateway.',
    failure: 'None: the run says nothing about the gateway.',
  },
  51: {
    what: 'Gateway limits concurrent streams',
    by: runs,
    reported: '`http_429`, `http_5xx`',
    good: 'Rejects streams above its limit with a status.',
    failure: 'Content of accepted streams is lost.',
  },
  52: {
    what: 'Wall clock steps',
    by: 'tests, with an injected clock',
    reported: 'nothing: all durations come from the monotonic clock',
    good: 'Not applicable.',
    failure: 'None.',
  },
  53: {
    what: 'Stop reason is an empty string',
    good: 'Treats it as no stop reason: the stream arrives complete. If no other stop reason follows, passes the stream on or reports the failure.',
    failure: 'The first empty stop reason ends the stream, or a stop reason is invented.',
  },
  54: {
    what: 'Stop reason of another protocol',
    good: "Translates it to the client's protocol, passes it on unchanged, or reports the failure.",
    failure: 'The stop reason changes: the client ends the conversation instead of calling a tool.',
  },
  55: {
    what: 'Text after the stop reason',
    good: 'All of the text arrives, before or after the stop reason, or the client can see the failure.',
    failure: 'The stream looks complete, but the text is missing.',
  },
  56: {
    what: 'Stop reason that the content does not match',
    good: 'Passes both on as they are, corrects the stop reason if the content is complete, or reports the failure.',
    failure: 'The stop reason changes although content is missing.',
  },
  57: {
    what: 'Error as the stop reason',
    good: visibleFailure,
    failure: looksComplete,
  },
  58: {
    what: 'Tool calls without an index or a name, or with the same id',
    good: 'The calls arrive complete and separate, repaired or unchanged, or the client can see the failure.',
    failure: 'Calls are merged, lost or renamed.',
  },
  59: {
    what: 'Types that the protocol does not allow (arguments, content, delta)',
    good: 'The content arrives complete, converted or unchanged, or the client can see the failure.',
    failure: 'The stream looks complete, but the content is missing.',
  },
  60: {
    what: 'A choice that was not requested',
    good: 'Drops it, passes it on unchanged, or reports the failure.',
    failure: 'The texts of two choices are mixed.',
  },
}

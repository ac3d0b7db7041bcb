/** HTTP/1.1 as far as one page needs it: reads the head of a request, and writes that of an answer. */

/** The most bytes of a request's head, as of Node's own server. */
export const MOST_HEAD = 16_384;

const REASONS = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  414: 'URI Too Long',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  505: 'HTTP Version Not Supported',
} as const;

export interface Answer {
  readonly status: keyof typeof REASONS;
  /** For a person, if it is not the page. */
  readonly text: string;
  /** Whether only the head is sent. */
  readonly isHeadOnly: boolean;
}

/** Empty lines before a request are skipped. */
const BEGIN = /^(?:\r?\n)*/;
const END = /\r?\n\r?\n/;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~\w]+) (\S+) HTTP\/(\d)\.\d$/;
/** The names of this machine; a tunnel may have another port. */
const LOCAL_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d*)?$/i;

/**
 * The answer to what has come of a request; null if its head has not ended yet.
 * @param come its bytes as Latin-1
 */
export function answerTo(come: string): Answer | null {
  const head = come.replace(BEGIN, '');
  const end = END.exec(head);
  if (end === null || end.index > MOST_HEAD) {
    if (come.length <= MOST_HEAD) return null;
    const isLine = !head.slice(0, MOST_HEAD).includes('\n');
    return refusal(isLine ? 414 : 431, `the head has more than ${MOST_HEAD} bytes`);
  }
  const [line = '', ...fields] = head.slice(0, end.index).split(/\r?\n/);
  const [, method, target = '', version] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined) return refusal(400, 'this is no request of HTTP/1.1');
  if (version !== '1') return refusal(505, 'expected HTTP/1.1');
  return { ...answerFor(method, target, fields), isHeadOnly: method === 'HEAD' };
}

function answerFor(method: string, target: string, fields: readonly string[]): Answer {
  const hosts = fields.flatMap((field) => /^host:[ \t]*(.*?)[ \t]*$/i.exec(field)?.[1] ?? []);
  // A page from elsewhere whose name leads here must not read the person's scenario.
  if (hosts.some((host) => !LOCAL_HOST.test(host))) {
    return refusal(421, 'the playground is for this machine: open it as 127.0.0.1 or localhost');
  }
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'expected GET or HEAD');
  const path = target.replace(/^http:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  if (path !== '/' && path !== '') return refusal(404, 'the playground is at /');
  return { status: 200, text: '', isHeadOnly: false };
}

function refusal(status: Answer['status'], text: string): Answer {
  return { status, text: `${status} ${REASONS[status]}: ${text}\n`, isHeadOnly: false };
}

/**
 * The head of an answer, whose connection is closed after it.
 * @param length the bytes of the body
 * @param nowMs since 1970
 */
export function headOf({ status }: Answer, length: number, nowMs: number): string {
  const type = status === 200 ? 'text/html' : 'text/plain';
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    `Date: ${new Date(nowMs).toUTCString()}`,
    `Content-Type: ${type}; charset=utf-8`,
    `Content-Length: ${length}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    ...(status === 405 ? ['Allow: GET, HEAD'] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

import { connect } from 'node:net'

/** Numbers from 0 to 1, the same for the same seed: a request that ends an agent can be sent again. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI', 'get', '']
const targets = [
  '/',
  '//',
  '///',
  '/metrics',
  '/healthz',
  '/queue',
  '*',
  '/%',
  '/%zz',
  '/\\',
  '//x:99999/',
  'http://',
  'http://[',
  'http://[::1',
  'http://x:y/metrics',
  'https://a@b:c@/healthz',
  '/metrics?',
  '/metrics#',
  '/__proto__',
  '/constructor',
  '//[',
  '//?',
  '/..//metrics',
  '/metrics/../../etc/passwd',
  'x',
  ':',
  '?',
  '#',
  '/\t',
  '/ü',
  '//\u0000',
]
const headers = [
  '',
  'Host: x\r\n',
  'Host: \r\n',
  'Connection: close\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  'Expect: 100-continue\r\n',
  'Expect: 42\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n',
  `X: ${'y'.repeat(20_000)}\r\n`,
  'no colon\r\n',
  ': x\r\n',
]
const ends = ['\r\n', '\r\n', '\r\n', '\r\n\r\n', '\n', '', '\r\n5\r\nab', '\r\nGET // HTTP/1.1\r\n\r\n', '\u0000\u0000']
const versions = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '']

/** One request as nobody well-meaning sends it. */
export function hostileRequest(next: () => number): Buffer {
  const one = (list: readonly string[]): string => list[Math.floor(next() * list.length)] ?? ''
  const garble = (text: string): string =>
    next() < 0.3 ? text + String.fromCharCode(...Array.from({ length: Math.floor(next() * 12) }, () => Math.floor(next() * 256))) : text
  if (next() < 0.05) return Buffer.from(Array.from({ length: Math.floor(next() * 200) }, () => Math.floor(next() * 256)))
  return Buffer.from(`${one(methods)} ${garble(one(targets))} ${one(versions)}\r\n${one(headers)}${one(headers)}${one(ends)}`, 'latin1')
}

/**
 * Sends `count` such requests to a port on this machine, `abreast` at a time, a few on each connection. Some hang up at once, some
 * half-close, some reset. Resolves when all are sent; whatever the server answers is right as long as it lives.
 */
export async function pester(port: number, count: number, seed: number, abreast = 8): Promise<void> {
  const next = random(seed)
  let left = count
  await Promise.all(
    Array.from({ length: abreast }, async () => {
      while (left > 0) {
        const requests = Array.from({ length: Math.min(left, 1 + Math.floor(next() * 8)) }, () => hostileRequest(next))
        left -= requests.length
        await visit(port, requests, next())
      }
    }),
  )
}

function visit(port: number, requests: readonly Buffer[], manner: number): Promise<void> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    // A server that waits for the rest of a request is left alone.
    const patience = setTimeout(() => socket.destroy(), 40)
    const done = (): void => {
      clearTimeout(patience)
      resolve()
    }
    socket
      .on('error', () => {})
      .on('close', done)
      .on('connect', () => {
        for (const request of requests) socket.write(request)
        if (manner < 0.2) socket.destroy()
        else if (manner < 0.4) socket.resetAndDestroy()
        else if (manner < 0.8) socket.end()
      })
    if (manner < 0.9) socket.resume()
  })
}

import { connect, type TLSSocket } from 'node:tls'
import { Reader, Writer } from './bytes.ts'
import { KafkaError } from './errors.ts'
import type { Request } from './requests.ts'
import { skipTags } from './types.ts'

/** Where a server is, and what is shown to it. Certificates as PEM. */
export interface Target {
  readonly host: string
  readonly port: number
  /** Of the CA that signed the server's. */
  readonly ca: string
  /** Our key and certificate, where the server asks for one. */
  readonly own?: string
  /** Seconds an answer may take; 30 by default. */
  readonly timeout?: number
}

const clientId = 'fleet'

/** One connection to a server; a question after the other. */
export class Connection {
  readonly #socket: TLSSocket
  readonly #timeout: number
  readonly #chunks: Buffer[] = []
  #correlation = 0
  #wake: () => void = () => undefined
  #broken: Error | undefined

  private constructor(socket: TLSSocket, timeout: number) {
    this.#socket = socket
    this.#timeout = timeout
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#wake()
    })
    const breaks = (error?: Error) => {
      this.#broken ??= error ?? new Error('the server closed the connection')
      this.#wake()
    }
    socket.on('error', breaks)
    socket.on('close', () => breaks())
  }

  /** @throws where there is nobody, or somebody that the CA does not know */
  static async open({ host, port, ca, own, timeout = 30 }: Target): Promise<Connection> {
    const socket = connect({ host, port, ca, minVersion: 'TLSv1.3', ...(own !== undefined && { key: own, cert: own }) })
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error(`${host}:${port} does not answer`)), timeout * 1000)
      socket.once('secureConnect', () => {
        clearTimeout(timer)
        resolve()
      })
      socket.once('error', error => {
        clearTimeout(timer)
        reject(error)
      })
    })
    socket.setNoDelay(true)
    return new Connection(socket, timeout * 1000)
  }

  /** Whether it is known to be of no use any more. */
  get broken(): boolean {
    return this.#broken !== undefined
  }

  async ask<Q, A>(request: Request<Q, A>, question: Q): Promise<A> {
    const body = new Writer()
    request.question.write(body, question)
    const answer = await this.exchange(request.key, request.version, body.written, true)
    skipTags(answer)
    return request.answer.read(answer)
  }

  /** A question in bytes, and what comes behind the head of its answer. `flexible`: heads have tagged fields. */
  async exchange(key: number, version: number, body: Uint8Array, flexible: boolean): Promise<Reader> {
    const correlation = ++this.#correlation
    const head = new Writer()
    head.int16(key)
    head.int16(version)
    head.int32(correlation)
    head.int16(clientId.length)
    head.bytes(Buffer.from(clientId))
    if (flexible) head.varint(0)
    const size = new Writer()
    size.int32(head.written.length + body.length)
    this.#socket.write(Buffer.concat([size.written, head.written, body]))
    const answer = new Reader(await this.#frame())
    const of = answer.int32()
    if (of !== correlation) throw new KafkaError(`the server answers question ${of}, and was asked ${correlation}`)
    return answer
  }

  /** The next whole answer. */
  async #frame(): Promise<Buffer> {
    const until = Date.now() + this.#timeout
    for (;;) {
      const bytes = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : (this.#chunks[0] ?? Buffer.alloc(0))
      this.#chunks.splice(0, Infinity, bytes)
      const size = bytes.length < 4 ? Infinity : bytes.readInt32BE(0)
      if (bytes.length >= 4 + size) {
        this.#chunks.splice(0, Infinity, bytes.subarray(4 + size))
        return bytes.subarray(4, 4 + size)
      }
      if (this.#broken) throw this.#broken
      const left = until - Date.now()
      if (left <= 0) throw new KafkaError('the server does not answer')
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  close(): void {
    this.#socket.destroy()
  }
}

import { createServer as createHttp } from 'node:http'
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net'

/** A message as it came, and when. */
export interface Message {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly text: string
}

/** Somebody who is told of alerts. */
export interface Receiver {
  readonly port: number
  readonly messages: readonly Message[]
  close(): Promise<void>
}

/** Takes whatever is sent to it over HTTP, or refuses it while it is ill; each message begins with its path. */
export function httpReceiver(address: string, isIll: () => boolean = () => false): Promise<Receiver> {
  const messages: Message[] = []
  const server = createHttp((request, response) => {
    let text = `${request.url}\n`
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      if (isIll()) response.statusCode = 400
      else messages.push({ at: Date.now(), text })
      response.end()
    })
  })
  return listening(server, address, messages)
}

/** Takes mail for anybody, and gives it to nobody. */
export function mailReceiver(address: string): Promise<Receiver> {
  const messages: Message[] = []
  const server = createTcp(socket => {
    let left = ''
    let mail: string[] | undefined
    socket.on('error', () => {})
    socket.write('220 here\r\n')
    socket.on('data', chunk => {
      const lines = (left + chunk.toString()).split('\r\n')
      left = lines.pop() ?? ''
      for (const line of lines) {
        if (mail && line === '.') {
          messages.push({ at: Date.now(), text: mail.join('\n') })
          mail = undefined
          socket.write('250 taken\r\n')
        } else if (mail) mail.push(line)
        else if (/^DATA/i.test(line)) {
          mail = []
          socket.write('354 go on\r\n')
        } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
        else socket.write('250 here\r\n')
      }
    })
  })
  return listening(server, address, messages)
}

function listening(server: Server, address: string, messages: readonly Message[]): Promise<Receiver> {
  // A server that closes waits for who is connected: a sender keeps its connection for the next message.
  const connected = new Set<Socket>()
  server.on('connection', socket => {
    connected.add(socket)
    socket.once('close', () => connected.delete(socket))
  })
  const close = () =>
    new Promise<void>(done => {
      server.close(() => done())
      for (const socket of connected) socket.destroy()
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, () => resolve({ port: (server.address() as AddressInfo).port, messages, close }))
  })
}

import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { openTunnel, type Tunnel } from '../../../../engine/ssh/tunnel.ts'

const left: (() => unknown)[] = []
afterEach(async () => {
  for (const end of left.splice(0)) await end()
})

/** A server that answers once and hangs up, and its port. */
async function answers(words: string): Promise<number> {
  const server: Server = createServer(socket => socket.on('error', () => {}).end(words)).listen(0, '127.0.0.1')
  left.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

// What a connection does for it, without one: the host is this machine.
const here = {
  forward: async (address: string, port: number): Promise<Duplex> => {
    const socket = connect(port, address)
    await once(socket, 'connect')
    return socket
  },
}
const kept = async (opening: Promise<Tunnel>) => {
  const tunnel = await opening
  left.push(() => tunnel.close())
  return tunnel
}
const asked = (port: number, host = '127.0.0.1') => text(connect({ port, host }).on('error', () => {}))

describe('a way to a port of a host', () => {
  it('brings what it says, on loopback only', async () => {
    const to = { address: '127.0.0.1', port: await answers('here') }
    // The port is taken by the host, which is this machine: another one is found.
    const tunnel = await kept(openTunnel(here, { to }))
    expect(tunnel.port).not.toBe(to.port)
    expect(await asked(tunnel.port)).toBe('here')
    await expect(asked(tunnel.port, '127.0.0.9')).rejects.toThrow('ECONNREFUSED')
  })

  it('takes the same port as there where it is free', async () => {
    const free = await answers('')
    await left.splice(0)[0]?.()
    expect((await kept(openTunnel(here, { to: { address: '127.0.0.1', port: free } }))).port).toBe(free)
  })

  it('fails where the port that was asked for is taken', async () => {
    const port = await answers('here')
    await expect(openTunnel(here, { to: { address: '127.0.0.1', port }, port })).rejects.toThrow('EADDRINUSE')
  })

  it('tells who does not listen, and goes on', async () => {
    const failed: string[] = []
    const refuses = { forward: () => Promise.reject(new Error('Connection refused')) }
    const tunnel = await kept(
      openTunnel(refuses, { to: { address: '127.0.0.1', port: 1 }, port: 0, failed: reason => failed.push(reason) }),
    )
    await asked(tunnel.port).catch(() => '')
    await asked(tunnel.port).catch(() => '')
    expect(failed).toEqual(['Connection refused', 'Connection refused'])
  })

  it('ends what goes through it when it is closed', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const tunnel = await openTunnel(here, { to: { address: '127.0.0.1', port: (silent.address() as AddressInfo).port } })
    const socket = connect(tunnel.port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    const gone = once(socket, 'close')
    await tunnel.close()
    await gone
    silent.close()
  })
})

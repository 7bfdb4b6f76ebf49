import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { ClosedEarly, tryAgain } from '../../../../engine/ssh/again.ts'
import { connect } from '../../../../engine/ssh/connect.ts'

test('who was turned away comes back later, at another time than the others, and gives up at last', async () => {
  const waits: number[] = []
  const wait = (milliseconds: number) => Promise.resolve(waits.push(milliseconds))
  let left = 3
  expect(await tryAgain(() => (left-- > 0 ? Promise.reject(new ClosedEarly('')) : Promise.resolve('in')), wait)).toBe('in')
  expect(waits).toHaveLength(3)
  for (const [index, waited] of waits.entries())
    expect(waited / (400 * 2 ** index)).toSatisfy((share: number) => share >= 0.5 && share <= 1.5)
  await expect(tryAgain(() => Promise.reject(new ClosedEarly('', { cause: new Error('why') })), wait)).rejects.toThrow('why')
  await expect(tryAgain(() => Promise.reject(new Error('another')), wait)).rejects.toThrow('another')
  expect(waits).toHaveLength(7)
})

test('a server that closes before the handshake is tried again', async () => {
  let connections = 0
  const server = createServer(socket => {
    connections++
    // The second time it refuses otherwise: that ends it.
    if (connections === 1) socket.end()
    else socket.end('no SSH here\r\n'.repeat(100))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const hop = {
    name: 'pi',
    address: '127.0.0.1',
    port,
    user: 'pi',
    knownAs: { host: '127.0.0.1', port },
    identities: [],
    identitiesOnly: false,
    agent: '/nowhere',
    knownHosts: [],
    globalKnownHosts: [],
    via: [],
  }
  await expect(connect(hop, { settings: { connectTimeout: 2, keepalive: 5 }, acceptNewKeys: true })).rejects.toThrow('cannot connect to')
  server.close()
  expect(connections).toBeGreaterThan(1)
})

import { networkInterfaces } from 'node:os'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { servePages, type Serving } from '../../../collector/http.ts'
import { ownAddress } from '../../../collector/own-address.ts'

const pages = new Map([['/', () => ({ status: 200, type: 'text/plain', body: 'here' })]])
let serving: Serving | undefined
afterEach(() => {
  serving?.close()
})

const ask = (address: string, port: number) =>
  fetch(`http://${address}:${port}/`).then(
    answer => answer.text(),
    () => 'nobody',
  )

describe('pages', () => {
  test('are on the address that was asked for, and on no other', async () => {
    serving = await servePages('127.0.0.5', 0, pages, { onWaiting: () => {} })
    expect(await ask('127.0.0.5', serving.port)).toBe('here')
    expect(await ask('127.0.0.6', serving.port)).toBe('nobody')
  })

  test('of an address that is not there do not end the start; it is said, and tried again', async () => {
    const said: string[] = []
    serving = await servePages('192.0.2.1', 0, pages, { onWaiting: reason => said.push(reason), every: 20 })
    expect(said).toEqual(['192.0.2.1 is not there'])
    await expect.poll(() => said.length).toBeGreaterThan(2)
    serving.close()
    const { length } = said
    await new Promise(done => setTimeout(done, 100))
    expect(said).toHaveLength(length)
  })

  test('of a name that stands for nothing here neither', async () => {
    const said: string[] = []
    serving = await servePages('nowhere.invalid', 0, pages, { onWaiting: reason => said.push(reason) })
    expect(said[0]).toContain('stands for no address of this machine')
  })

  test('a port that is taken ends it', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise(done => other.once('listening', done))
    try {
      await expect(servePages('127.0.0.1', (other.address() as AddressInfo).port, pages, { onWaiting: () => {} })).rejects.toThrow(
        'EADDRINUSE',
      )
    } finally {
      other.close()
    }
  })
})

test('a name stands for an address this machine has, and never for loopback', async () => {
  const own = Object.values(networkInterfaces())
    .flatMap(list => list ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
  expect(await ownAddress('fd00::1')).toBe('fd00::1')
  expect(await ownAddress('localhost')).toBe('127.0.0.1')
  for (const name of ['ip6-localhost', 'nowhere.invalid', (await import('node:os')).hostname()]) {
    const address = await ownAddress(name)
    if (address !== undefined) expect(own).toContain(address)
  }
})

import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { addressOf, apiAt, apiOver } from '../../../charts/api.ts'
import type { Session } from '../../../engine/ssh/session.ts'

/** A server that answers with what it was asked for. */
async function echo(): Promise<number> {
  const server = createServer(({ url, headers }, answer) => {
    if (url === '/private') answer.writeHead(401).end()
    else if (url === '/moved') answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    else answer.end(JSON.stringify([url, headers.authorization ?? null]))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A session whose Pi is this machine. */
const here: Pick<Session, 'run'> = {
  run: text =>
    new Promise(done => {
      execFile('bash', ['-c', text], (error, stdout, stderr) => done({ code: error ? 1 : 0, stdout, stderr }))
    }),
}

const path = `/api/v1/query?${new URLSearchParams({ query: `a{b="c%d'e"} > 1` })}`

test('a Prometheus is asked over HTTP, below a path too, with name and password', async () => {
  const port = await echo()
  expect(JSON.parse(await apiAt(new URL(`http://127.0.0.1:${port}/prom/`))(path))).toEqual([`/prom${path}`, null])
  const ask = apiAt(new URL(`http://127.0.0.1:${port}`), { user: 'anna', password: 'p:w' })
  expect(JSON.parse(await ask(path))).toEqual([path, `Basic ${Buffer.from('anna:p:w').toString('base64')}`])
})

test('who wants a password, sends elsewhere or is not there is told', async () => {
  const port = await echo()
  const ask = apiAt(new URL(`http://127.0.0.1:${port}`))
  await expect(ask('/private')).rejects.toThrow('wants a name and a password')
  await expect(ask('/moved')).rejects.toThrow('does not answer')
  await expect(apiAt(new URL('http://127.0.0.1:1'))('/')).rejects.toThrow('127.0.0.1:1 does not answer')
})

test('a password has no place in an argument', () => {
  expect(() => addressOf('http://anna:secret@pi:9090')).toThrow('every user of this machine can read')
  const { url, user } = addressOf('http://anna%40home@pi:9090/x?y#z')
  expect([url.href, user]).toEqual(['http://pi:9090/x', 'anna@home'])
  for (const wrong of ['pi:9090', 'ftp://pi', 'x']) expect(() => addressOf(wrong)).toThrow('--from wants')
})

test('the one of a fleet is asked on its own Pi, whatever characters a query has', async () => {
  const port = await echo()
  expect(JSON.parse(await apiOver(here, { listen: { address: '127.0.0.1' }, port })(path))).toEqual([path, null])
  await expect(apiOver(here, { listen: { address: '127.0.0.1' }, port: 1 })(path)).rejects.toThrow('Prometheus does not answer on port 1')
})

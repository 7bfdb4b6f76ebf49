// Runs beside a broker: before its card is full, no broker takes readings any more; when there is room again, they do.
import { readFileSync, statfsSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '../admin/protocol/connection.ts'
import type { GuardConfig } from './config.ts'
import { levelOf, limitsOf, type Level } from './level.ts'
import { page } from './page.ts'
import { round, type Looked } from './round.ts'

/** Milliseconds between looks at the card, which cost next to nothing, and at the cluster. */
const cardEvery = 500
const clusterEvery = 10_000
/** A look that takes longer ends the program, and it is started anew. */
const patience = 60_000

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as GuardConfig
const [, , , listen = '127.0.0.1'] = process.argv
const limits = limitsOf(config.floor)
const began = performance.now()
let looked: { readonly at: number; readonly seen: Looked } | undefined

function free(): number {
  const { bavail, bsize } = statfsSync(config.folder)
  return bavail * bsize
}

/** Whether the card asks for what it asked for before. One that cannot be looked at is no reason to ask for anything else. */
function stays(before: Level): boolean {
  try {
    return levelOf(free(), limits, before) === before
  } catch {
    return true
  }
}

/** Stays for all looks: each new one costs a Pi a handshake, and memory that Node.js gives back late. */
let connection: Connection | undefined

/** The connection there is, or another one where the broker was started anew. */
async function connected(): Promise<Connection> {
  if (connection && !connection.broken) return connection
  const own = readFileSync(config.ownFile, 'utf8')
  return (connection = await Connection.open({ ...config.at, ca: readFileSync(config.caFile, 'utf8'), own, timeout: 10 }))
}

async function look(): Promise<Looked> {
  try {
    return await round(await connected(), config.id, config.topic, limits, free)
  } catch (error) {
    // An answer that comes late would be taken for that of the next question.
    connection?.close()
    connection = undefined
    throw error
  }
}

const words = ['take everything', 'take little', 'take nothing'] as const

/** Its page. Where it cannot be served, the card is guarded all the same. */
function serve(): void {
  const server = createServer((_request, response) => {
    const age = Math.round((performance.now() - (looked?.at ?? began)) / 1000)
    try {
      const text = page({ free: free(), floor: config.floor, age, ...(looked && { looked: looked.seen }) })
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text)
    } catch (error) {
      response.writeHead(500).end(`${String(error)}\n`)
    }
  })
  server.on('error', error => {
    console.error(`no page: ${error.message}`)
    setTimeout(() => server.listen(config.port, listen), 10_000)
  })
  server.listen(config.port, listen)
}

async function main(): Promise<void> {
  serve()
  let last: Level | undefined
  let told = ''
  for (let next = 0; ; await sleep(cardEvery)) {
    const before = looked?.seen.own
    if (performance.now() < next && (before === undefined || stays(before))) continue
    const timer = setTimeout(() => {
      console.error('the cluster was asked and the answer does not come: starts anew')
      process.exit(1)
    }, patience)
    try {
      const seen = await look()
      looked = { at: performance.now(), seen }
      if (seen.own !== last && (last !== undefined || seen.own > 0))
        console.log(
          `brokers are to ${words[seen.own]}: ${Math.floor(free() / 2 ** 20)} MiB free, the floor is ${config.floor / 2 ** 20} MiB`,
        )
      last = seen.own
      told = ''
      next = performance.now() + clusterEvery
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      // Once, for a broker that is off is so for long.
      if (reason !== told) console.error(`the broker does not answer: ${reason}`)
      told = reason
      // What cannot be told is told as soon as it can be.
      next = performance.now() + 2000
    } finally {
      clearTimeout(timer)
    }
  }
}

void main()

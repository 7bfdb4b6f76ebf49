// A small cqlsh: CQL from -e or standard input to this node over the native protocol (v4), one connection.
//   cql -e 'SELECT …'      cql < file.cql      --json: a row a line
//   --wait SECONDS: until the node answers; where it does and refuses the login or a right, a minute at most, for its copy of the accounts may come late
// A line `login ["USER","PASSWORD"]` tells whether that role may log in; `claim ["USER","PASSWORD"]` makes it the superuser of a new cluster, or gives
// the one there is a new password. Who it is and where the node listens (over TLS where a CA is named) stand in the file that CQL_SETTINGS names; who it was, a line each, in
// FILE.before. Exit codes: 1, and 2 where the node answers and refuses.
import { existsSync, readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { connect, isIP } from 'node:net'
import { checkServerIdentity, connect as connectTls } from 'node:tls'
import { cqlName, cqlText } from './literals.mjs'
import { statements } from './statements.mjs'

const op = { error: 0, startup: 1, ready: 2, authenticate: 3, query: 7, result: 8, authResponse: 15, authSuccess: 16 }
const args = process.argv.slice(2)
const option = name => {
  const at = args.indexOf(name)
  return at < 0 ? undefined : args.splice(at, 2)[1]
}
const flag = name => args.includes(name) && args.splice(args.indexOf(name), 1).length > 0

class CqlError extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}
const badCredentials = 0x0100
const unauthorized = 0x2100

/** The node has looked, and says no. A login it could not look up has the same code. */
const isRefusal = ({ code, message }) => code === unauthorized || (code === badCredentials && !/Unable to perform/.test(message))

/** Reads a frame's body from front to back. */
class Reader {
  constructor(body) {
    this.body = body
    this.at = 0
  }
  take(size) {
    this.at += size
    return this.body.subarray(this.at - size, this.at)
  }
  short() {
    return this.take(2).readUInt16BE()
  }
  int() {
    return this.take(4).readInt32BE()
  }
  text() {
    return this.take(this.short()).toString()
  }
  bytes() {
    const size = this.int()
    return size < 0 ? null : this.take(size)
  }
  type() {
    const id = this.short()
    if (id === 0) return { id, custom: this.text() }
    if (id === 0x20 || id === 0x22) return { id, of: [this.type()] }
    if (id === 0x21) return { id, of: [this.type(), this.type()] }
    if (id === 0x31) return { id, of: Array.from({ length: this.short() }, () => this.type()) }
    if (id === 0x30) {
      this.text()
      this.text()
      return { id, of: Array.from({ length: this.short() }, () => (this.text(), this.type())) }
    }
    return { id }
  }
}

function decode(type, cell) {
  if (cell === null) return null
  const parts = () => {
    const reader = new Reader(cell)
    return Array.from({ length: reader.int() }, () => type.of.map(inner => decode(inner, reader.bytes())))
  }
  switch (type.id) {
    case 0x01:
    case 0x0a:
    case 0x0d:
      return cell.toString()
    case 0x02:
    case 0x05:
      return String(cell.readBigInt64BE())
    case 0x04:
      return cell[0] === 1
    case 0x07:
      return cell.readDoubleBE()
    case 0x08:
      return cell.readFloatBE()
    case 0x09:
      return cell.readInt32BE()
    case 0x0b:
      return new Date(Number(cell.readBigInt64BE())).toISOString()
    case 0x0c:
    case 0x0f:
      return cell.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    case 0x10:
      return cell.length === 4 ? [...cell].join('.') : cell.toString('hex').replace(/(.{4})(?=.)/g, '$1:')
    case 0x11:
      return new Date((cell.readUInt32BE() - 2 ** 31) * 86_400_000).toISOString().slice(0, 10)
    case 0x13:
      return cell.readInt16BE()
    case 0x14:
      return cell.readInt8()
    case 0x20:
    case 0x22:
      return parts().map(([item]) => item)
    case 0x21:
      return Object.fromEntries(parts())
    case 0x30:
    case 0x31: {
      const reader = new Reader(cell)
      return type.of.map(inner => decode(inner, reader.bytes()))
    }
    default:
      return `0x${cell.toString('hex')}`
  }
}

function rowsOf(reader) {
  const flags = reader.int()
  const count = reader.int()
  const paging = flags & 2 ? reader.bytes() : undefined
  const place = () => [reader.text(), reader.text()]
  if (flags & 1) place()
  const columns = Array.from({ length: count }, () => {
    if (!(flags & 1)) place()
    return { name: reader.text(), type: reader.type() }
  })
  const rows = Array.from({ length: reader.int() }, () => columns.map(({ type }) => decode(type, reader.bytes())))
  return { names: columns.map(({ name }) => name), rows, paging }
}

/** A node of a ring whose first login is not taken away yet lets clients in from its own machine only. */
async function listensAt(host, port) {
  if (!existsSync(process.env.CQL_UNCLAIMED ?? '/var/lib/cassandra/unclaimed')) return host
  const socket = connect({ host, port })
  const refused = await new Promise(done =>
    socket.on('connect', () => done(false)).on('error', ({ code }) => done(code === 'ECONNREFUSED')),
  )
  socket.destroy()
  return refused ? '127.0.0.1' : host
}

class Session {
  static async open({ host, port, ca, name, user, password }) {
    const session = new Session()
    session.waiting = []
    session.buffer = Buffer.alloc(0)
    const at = await listensAt(host, port)
    // Whoever answers must be the node, also where it is called over loopback.
    const secured = {
      ca: ca && readFileSync(ca),
      minVersion: 'TLSv1.2',
      checkServerIdentity: (_name, certificate) => checkServerIdentity(name ?? host, certificate),
    }
    session.socket = ca ? connectTls({ host: at, port, ...secured }) : connect({ host: at, port })
    session.socket.setTimeout(60_000, () => session.socket.destroy(new Error(`${host}:${port} does not answer`)))
    session.socket.on('data', data => session.received(data))
    for (const event of ['error', 'close'])
      session.socket.on(event, error => session.fail(error instanceof Error ? error : new Error('the node closed the connection')))
    try {
      await session.logIn(user, password)
    } catch (error) {
      // The node leaves the connection open after a refusal.
      session.socket.destroy()
      throw error
    }
    return session
  }
  async logIn(user, password) {
    const short = text => Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)])
    const answer = await this.send(op.startup, Buffer.concat([Buffer.from([0, 1]), short('CQL_VERSION'), short('3.0.0')]))
    if (answer.opcode === op.authenticate) {
      const token = Buffer.from(`\0${user}\0${password}`)
      const size = Buffer.alloc(4)
      size.writeInt32BE(token.length)
      await this.send(op.authResponse, Buffer.concat([size, token]))
    }
  }
  received(data) {
    this.buffer = Buffer.concat([this.buffer, data])
    while (this.buffer.length >= 9 && this.buffer.length >= 9 + this.buffer.readInt32BE(5)) {
      const size = this.buffer.readInt32BE(5)
      const [, flags, , , opcode] = this.buffer
      const body = new Reader(this.buffer.subarray(9, 9 + size))
      this.buffer = this.buffer.subarray(9 + size)
      // Warnings come in front of the answer.
      if (flags & 8) for (let left = body.short(); left > 0; left--) console.error(`cql: ${body.text()}`)
      const waiting = this.waiting.shift()
      if (opcode === op.error) waiting?.reject(new CqlError(body.int(), body.text()))
      else waiting?.resolve({ opcode, body })
    }
  }
  fail(error) {
    for (const { reject } of this.waiting.splice(0)) reject(error)
  }
  send(opcode, body) {
    const header = Buffer.from([4, 0, 0, 0, opcode, 0, 0, 0, 0])
    header.writeInt32BE(body.length, 5)
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      this.socket.write(Buffer.concat([header, body]))
    })
  }
  async query(cql, page) {
    const text = Buffer.from(cql)
    const head = Buffer.alloc(4)
    head.writeInt32BE(text.length)
    const tail = Buffer.alloc(7)
    tail.writeUInt16BE(1, 0) // consistency ONE
    tail.writeUInt8(page ? 0x0c : 0x04, 2) // page size, and where to go on
    tail.writeInt32BE(1000, 3)
    const state = page ? Buffer.concat([Buffer.from([0, 0, page.length >> 8, page.length & 255]), page]) : Buffer.alloc(0)
    const { body } = await this.send(op.query, Buffer.concat([head, text, tail, state]))
    return body.int() === 2 ? rowsOf(body) : { names: [], rows: [] }
  }
  close() {
    this.socket.removeAllListeners('close')
    this.socket.on('error', () => {})
    this.socket.end()
  }
}

const settingsFile = process.env.CQL_SETTINGS ?? '/etc/cassandra/cql.json'
const settings = JSON.parse(readFileSync(settingsFile, 'utf8'))
// By itself this machine's name may stand for loopback, where no node listens.
if (!isIP(settings.host)) {
  settings.name = settings.host
  const called = [settings.host, ...(settings.family ? [settings.family] : [])]
  settings.host = execFileSync('/usr/local/lib/provision/own-address', called, { encoding: 'utf8' }).trim()
}
const wait = Number(option('--wait') ?? 0)
const given = option('-e')
const json = flag('--json')
const until = Date.now() + wait * 1000

const patienceWithRefusals = 60_000

async function patiently(attempt, { mayPass = () => true, end = until } = {}) {
  let refused
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      // A node that starts refuses connections, and for a moment knows no roles yet; one that just got its copy of them to hold may not have it.
      refused = isRefusal(error) ? (refused ?? Date.now()) : undefined
      if (!mayPass(error) || Date.now() >= end || (refused !== undefined && Date.now() - refused > patienceWithRefusals)) throw error
      await new Promise(done => setTimeout(done, 1000))
    }
  }
}

/** Opens a session; gives the error where the node refuses the login or cannot look it up. */
async function tryLogin(user, password) {
  try {
    return { session: await Session.open({ ...settings, user, password }) }
  } catch (error) {
    if (error.code === badCredentials) return { refused: error }
    throw error
  }
}

async function mayLogIn(user, password) {
  const { session } = await tryLogin(user, password)
  session?.close()
  return session !== undefined
}

/** Logins that may be what the ring still knows: that of this node, those it had before, the latest first, then that of a new ring. */
function formerLogins() {
  let lines = []
  try {
    lines = readFileSync(`${settingsFile}.before`, 'utf8').split('\n').filter(Boolean)
  } catch {
    // It was never changed.
  }
  return [settings, ...lines.reverse().map(line => JSON.parse(line)), { user: 'cassandra', password: 'cassandra' }]
}

/** A session of one that may give the account its password; none where no former login is taken. */
async function openFormer(user, password) {
  for (const former of formerLogins()) {
    if (former.user === user && former.password === password) continue
    const { session } = await tryLogin(former.user, former.password)
    if (session) return { user: former.user, session }
  }
  return undefined
}

/** A new ring has one superuser whose password everybody knows: ours takes its place. A later password is set with a former one. */
async function claim(user, password) {
  await patiently(async () => {
    const { session, refused } = await tryLogin(user, password)
    session?.close()
    if (session) return
    const former = await openFormer(user, password)
    // What was said to the account counts: the default superuser is looked up by a majority of copies, which one or two nodes never have.
    if (!former) throw refused
    // Nobody may alter the superuser status of himself.
    const rights = former.user === user ? '' : ' AND SUPERUSER = true AND LOGIN = true'
    if (former.user !== user)
      await former.session.query(`CREATE ROLE IF NOT EXISTS ${cqlName(user)} WITH PASSWORD = ${cqlText(password)}${rights}`)
    await former.session.query(`ALTER ROLE ${cqlName(user)} WITH PASSWORD = ${cqlText(password)}${rights}`)
    former.session.close()
  })
  // The server alters its default superuser by a majority of copies only, and on one or two nodes there is none: the row is changed instead.
  await patiently(
    async () => {
      const session = await Session.open({ ...settings, user, password })
      const { rows } = await session.query("SELECT can_login FROM system_auth.roles WHERE role = 'cassandra'")
      if (rows.some(([canLogIn]) => canLogIn))
        await session.query("UPDATE system_auth.roles SET is_superuser = false, can_login = false WHERE role = 'cassandra'")
      session.close()
      // A node remembers for some seconds what it looked up before.
    },
    { end: Math.max(until, Date.now() + 15_000) },
  )
}

function show({ names, rows }) {
  for (const row of rows)
    console.log(
      json
        ? JSON.stringify(Object.fromEntries(names.map((name, index) => [name, row[index]])))
        : row.map(cell => (cell === null ? 'null' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell))).join('\t'),
    )
}

async function main() {
  let session
  for (const { word, user, password, cql } of statements(given ?? readFileSync(0, 'utf8'))) {
    if (word === 'login') console.log(JSON.stringify({ login: user, ok: await mayLogIn(user, password) }))
    else if (word === 'claim') await claim(user, password)
    else {
      session ??= await patiently(() => Session.open(settings))
      for (let page; ; ) {
        const result = await patiently(() => session.query(cql, page), { mayPass: isRefusal })
        show(result)
        page = result.paging
        if (!page) break
      }
    }
  }
  session?.close()
}

main().catch(error => {
  console.error(`cql: ${error.code === 'ECONNREFUSED' ? `no node answers on ${settings.host}:${settings.port}` : error.message}`)
  process.exit(isRefusal(error) ? 2 : 1)
})

// CQL on this Pi: what is asked comes on standard input or after -e, rows go to standard output.
//   cql [--json] [--all] [--wait SECONDS] [-e CQL]
// --all: rows as all their copies together know them; it fails where one does not answer.
// Exit codes: 0 done, 1 failed, 2 the node has looked and refuses.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readAsked, type Asked, type OfRole, type Statement } from './asked.ts'
import { patiently } from './patience.ts'
import { isNobody, isRefusal } from './refusal.ts'
import { Session } from './session.ts'
import { readSettings, type Settings } from './settings.ts'
import { linesOf } from './show.ts'
import { claimRing, tryLogin } from './superuser.ts'

const { values: flags } = parseArgs({
  options: {
    execute: { type: 'string', short: 'e' },
    json: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    wait: { type: 'string', default: '0' },
  },
})
const until = Date.now() + Number(flags.wait) * 1000
const say = (line: string) => process.stdout.write(`${line}\n`)

/** The session of who asks; what was opened to see whether that one may log in serves as well. */
let session: Session | undefined

async function answer(settings: Settings, asked: Asked): Promise<void> {
  if ('cql' in asked) return showRows(settings, asked)
  if (asked.word === 'claim') return claimRing(settings, asked, until)
  say(JSON.stringify({ login: asked.user, ok: await mayLogIn(settings, asked) }))
}

async function mayLogIn(settings: Settings, asked: OfRole): Promise<boolean> {
  const tried = await tryLogin(settings, asked)
  if (!('session' in tried)) return false
  if (asked.user === settings.user && asked.password === settings.password) session ??= tried.session
  if (tried.session !== session) tried.session.close()
  return true
}

async function showRows(settings: Settings, { cql, values }: Statement): Promise<void> {
  const open = (session ??= await patiently(() => Session.open(settings), { until }))
  for (let page: Buffer | undefined; ; ) {
    const from = page
    const given = await patiently(() => open.ask(cql, values, from, flags.all ? 'all' : 'one'), { until, mayPass: isRefusal })
    for (const warning of given.warnings) process.stderr.write(`cql: ${warning}\n`)
    for (const line of linesOf(given, flags.json)) say(line)
    page = given.next
    if (!page) return
  }
}

async function main(): Promise<void> {
  const settings = readSettings()
  try {
    for (const asked of readAsked(flags.execute ?? readFileSync(0, 'utf8'))) await answer(settings, asked)
    session?.close()
  } catch (error) {
    if (!isNobody(error)) throw error
    throw new Error(`no node answers on ${settings.host}:${settings.port}`, { cause: error })
  }
}

/** Ends once all rows are given away: many of them fill the pipe of a reader who is slow. */
const end = (code: number) => process.stdout.write('', () => process.exit(code))

main().then(
  () => end(0),
  (error: unknown) => {
    process.stderr.write(`cql: ${error instanceof Error ? error.message : String(error)}\n`)
    end(isRefusal(error) ? 2 : 1)
  },
)

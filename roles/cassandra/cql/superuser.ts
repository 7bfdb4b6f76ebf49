import { cqlName, cqlText } from './literals.ts'
import { patiently } from './patience.ts'
import { isBadLogin } from './refusal.ts'
import { Session } from './session.ts'
import { formerLogins, type Login, type Settings } from './settings.ts'

/** The server's own superuser, whose password everybody knows. */
const everybodys = 'cassandra'

/** Opens a session; gives the error where the node refuses the login or cannot look it up. @throws where it does not answer */
export async function tryLogin(settings: Settings, login: Login): Promise<{ readonly session: Session } | { readonly refused: unknown }> {
  try {
    return { session: await Session.open(settings, login) }
  } catch (error) {
    if (isBadLogin(error)) return { refused: error }
    throw error
  }
}

/** A session of one that may give the account its password; none where no former login is taken. */
async function openFormer(settings: Settings, login: Login): Promise<{ readonly user: string; readonly session: Session } | undefined> {
  for (const former of formerLogins(settings)) {
    if (former.user === login.user && former.password === login.password) continue
    const tried = await tryLogin(settings, former)
    if ('session' in tried) return { user: former.user, session: tried.session }
  }
  return undefined
}

/**
 * Makes an account the superuser of the ring. A new ring has one whose password everybody knows: ours takes its place. A later password is set with a former
 * one. `until`: when it is given up, in milliseconds since 1970.
 */
export async function claimRing(settings: Settings, login: Login, until: number): Promise<void> {
  await patiently(() => admit(settings, login), { until })
  // A node remembers for some seconds what it looked up before.
  await patiently(() => shutOut(settings, login), { until: Math.max(until, Date.now() + 15_000) })
}

async function admit(settings: Settings, login: Login): Promise<void> {
  const tried = await tryLogin(settings, login)
  if ('session' in tried) return tried.session.close()
  const former = await openFormer(settings, login)
  // What was said to the account counts: the default superuser is looked up by a majority of copies, which one or two nodes never have.
  if (!former) throw tried.refused
  const [name, password] = [cqlName(login.user), cqlText(login.password)]
  // Nobody may alter the superuser status of himself.
  const rights = former.user === login.user ? '' : ' AND SUPERUSER = true AND LOGIN = true'
  if (former.user !== login.user) await former.session.ask(`CREATE ROLE IF NOT EXISTS ${name} WITH PASSWORD = ${password}${rights}`)
  await former.session.ask(`ALTER ROLE ${name} WITH PASSWORD = ${password}${rights}`)
  former.session.close()
}

/** The server alters its default superuser by a majority of copies only, and on one or two nodes there is none: the row is changed instead. */
async function shutOut(settings: Settings, login: Login): Promise<void> {
  const session = await Session.open(settings, login)
  const { rows } = await session.ask('SELECT can_login FROM system_auth.roles WHERE role = ?', [everybodys])
  if (rows.some(row => row['can_login'] === true))
    await session.ask('UPDATE system_auth.roles SET is_superuser = false, can_login = false WHERE role = ?', [everybodys])
  session.close()
}

import { Failed, UsageError } from '../engine/errors.ts'
import { asksPage } from '../engine/listen.ts'
import type { Session } from '../engine/ssh/session.ts'
import type { FigureServer } from '../roles/offers.ts'
import type { AsksApi } from './prometheus.ts'

/** Seconds one answer may take, and the most that one may be. */
const patience = 60
const most = 32 * 1024 * 1024

/** Asks a Prometheus at an address over HTTP, with name and password where it wants them. */
export function apiAt(from: URL, login?: { readonly user: string; readonly password: string }): AsksApi {
  const authorization = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`
  const base = from.href.replace(/\/+$/, '')
  return async path => {
    const response = await fetch(`${base}${path}`, {
      signal: AbortSignal.timeout(patience * 1000),
      redirect: 'error',
      ...(authorization !== undefined && { headers: { authorization } }),
    }).catch((error: unknown) => {
      throw new Failed({
        message: `${from.host} does not answer: ${error instanceof Error ? causeOf(error) : String(error)}`,
        hint: 'is the address right, and reachable from this machine?',
      })
    })
    if (response.status === 401)
      throw new Failed({
        message: `${from.host} wants a name and a password`,
        hint: 'write the name into the address, http://NAME@HOST:PORT, and the password into the variable REPORT_PASSWORD',
      })
    return response.text()
  }
}

const causeOf = (error: Error) => (error.cause instanceof Error ? error.cause.message || error.message : error.message)

/** The address of `--from`, and the name in it. @throws {UsageError} for no http(s) address, and for a password, which others would see */
export function addressOf(text: string): { readonly url: URL; readonly user?: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw new UsageError(`--from wants an http or https address, not "${text}"`)
  if (url.password !== '')
    throw new UsageError(
      '--from has a password in it, which every user of this machine can read',
      'write it into the variable REPORT_PASSWORD, and leave the name: http://NAME@HOST:PORT',
    )
  const user = decodeURIComponent(url.username)
  url.username = ''
  url.search = ''
  url.hash = ''
  return { url, ...(user !== '' && { user }) }
}

/** Asks a Prometheus of the fleet on its own Pi, over the connection to it: nothing is opened to the network for it. */
export function apiOver(session: Pick<Session, 'run'>, { listen, port }: FigureServer): AsksApi {
  return async path => {
    const { code, stdout, stderr } = await session.run(`(${asksPage(listen, port, path, patience)}) </dev/null`, {
      timeout: patience + 10,
      most,
    })
    const at = stdout.indexOf('\r\n\r\n')
    if (code !== 0 || at < 0)
      throw new Failed({
        message: `Prometheus does not answer on port ${port}: ${stderr.trim().split('\n').at(-1) || `exit code ${code}`}`,
      })
    return stdout.slice(at + 4)
  }
}

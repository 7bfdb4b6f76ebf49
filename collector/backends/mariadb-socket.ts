import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import DriverConnection from 'mariadb/lib/connection.js'
import { untrustedCode } from './tls.ts'

/** By socket, who is told what the driver throws out of its events. */
const breakers = new WeakMap<Socket, (error: unknown) => void>()

/**
 * A socket for the driver. Between the handshake and the moment we may listen for errors the driver throws out of the socket's event when
 * the server goes away: that would end the process. It is the connecting that failed, or the next statement's to report.
 */
export function guarded<S extends Socket>(socket: S, broke: (error: unknown) => void): S {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...details: unknown[]) => boolean
  socket.emit = (event: string | symbol, ...details: unknown[]) => {
    try {
      return emit(event, ...details)
    } catch (error) {
      broke(error)
      return true
    }
  }
  breakers.set(socket, broke)
  return socket
}

/**
 * The driver takes any certificate from a MariaDB, logs in, and looks at the name afterwards: whoever sits in between could hand the
 * login on and write as the producer. So we look first: a connection to a server that cannot show who it is ends before the login. That
 * is so for the sockets from here.
 */
const { createSecureContext } = DriverConnection.prototype
DriverConnection.prototype.createSecureContext = function strictly(info, loggingIn) {
  const broke = breakers.get(this.socket)
  if (!broke) return createSecureContext.call(this, info, loggingIn)
  createSecureContext.call(this, info, () => {
    const { authorized, authorizationError } = this.socket as TLSSocket
    if (authorized) loggingIn()
    else
      this.socket.destroy(
        Object.assign(new Error(`the server cannot show who it is (${String(authorizationError)})`), { code: untrustedCode }),
      )
  })
  guarded(this.socket, broke)
}

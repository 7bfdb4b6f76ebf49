/** A part of the driver that its types leave out. */
declare module 'mariadb/lib/connection.js' {
  import type { Socket } from 'node:net'

  export default class DriverConnection {
    /** The TLS socket once `createSecureContext` has been called. */
    socket: Socket
    /** Speaks TLS over the socket; `loggingIn` sends the login. */
    createSecureContext(info: unknown, loggingIn: () => void): void
  }
}

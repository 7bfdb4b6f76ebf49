/** The link to a host broke after it had been open; what ran there may still run. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** The lost link behind an error, where one is: zx wraps what it is given. */
export function lossIn(error: unknown): ConnectionLost | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof ConnectionLost) return at
  return undefined
}

/** An error that says what to do next. */
class Hinted extends Error {
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** No link to the host could be made; `hint` says what to try. */
export class Unreachable extends Hinted {
  override readonly name = 'Unreachable'
}

/** The host proved another identity than known_hosts has, or one nobody accepted yet. */
export class HostKeyRefused extends Hinted {
  override readonly name = 'HostKeyRefused'
}

/** The user may not become root, or the password was wrong. */
export class SudoRefused extends Error {
  override readonly name = 'SudoRefused'
  readonly wantsPassword: boolean
  readonly hint: string
  constructor(user: string, said: string, wantsPassword: boolean) {
    const wrong = /try again|incorrect password/.test(said)
    super(wrong ? `sudo refused the password of user ${user}` : wantsPassword ? `sudo wants the password of user ${user}` : `user ${user} may not become root: ${said.trim()}`)
    this.wantsPassword = wantsPassword && !wrong
    this.hint = wrong
      ? 'check the password; the inventory key `sudoPassword` names where it comes from'
      : wantsPassword
        ? 'run on a terminal to be asked for it, or name its source in the inventory: `sudoPassword: { command: pass show pi }`'
        : `give ${user} the right: \`sudo adduser ${user} sudo\` on the Pi`
  }
}

/** A piece of work took longer than it may. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut'
  readonly output: string
  constructor(seconds: number, output: string) {
    super(`not done after ${seconds} s, ended`)
    this.output = output
  }
}

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

/** The host was reached, and what we start there did not start; `output`: what it printed instead. */
export class NotStarted extends Hinted {
  override readonly name = 'NotStarted'
  readonly output: readonly string[]
  constructor(message: string, hint: string, said: string) {
    super(message, hint)
    this.output = said.split('\n').filter(Boolean)
  }
}

const refusals = {
  wrong: (user: string) => [
    `sudo refused the password of user ${user}`,
    'check the password; the inventory key `sudoPassword` names where it comes from',
  ],
  wants: (user: string) => [
    `sudo wants the password of user ${user}`,
    'run on a terminal to be asked for it, or name its source in the inventory: `sudoPassword: { command: pass show pi }`',
  ],
  forbidden: (user: string, said: string) => [
    `user ${user} may not become root: ${said}`,
    `give ${user} the right: \`sudo adduser ${user} sudo\` on the Pi`,
  ],
} as const

/** The user may not become root: the password was `wrong`, sudo `wants` one and has none, or it is `forbidden`. */
export class SudoRefused extends Hinted {
  override readonly name = 'SudoRefused'
  readonly because: keyof typeof refusals
  constructor(because: keyof typeof refusals, user: string, said = '') {
    const [message = '', hint = ''] = refusals[because](user, said)
    super(message, hint)
    this.because = because
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

/** A piece of work printed more than it may. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch'
  constructor(most: number) {
    super(`it printed more than ${most} characters`)
  }
}

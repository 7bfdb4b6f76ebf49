import { Failed } from '../errors.ts'

/** The link to a host broke after it had been open; what ran there may still run. */
export class ConnectionLost extends Failed {
  override readonly name = 'ConnectionLost'

  constructor(message: string) {
    super({ code: 'connection-lost', message })
  }
}

/** The lost link behind an error, where one is: zx wraps what it is given. */
export function lossIn(error: unknown): ConnectionLost | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof ConnectionLost) return at
  return undefined
}

/** No link to the host could be made; `hint` says what to try. */
export class Unreachable extends Failed {
  override readonly name = 'Unreachable'

  constructor(message: string, hint: string) {
    super({ code: 'unreachable', message, hint })
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
export class SudoRefused extends Failed {
  override readonly name = 'SudoRefused'
  readonly because: keyof typeof refusals

  constructor(because: keyof typeof refusals, user: string, said = '') {
    const [message = '', hint = ''] = refusals[because](user, said)
    super({ code: 'sudo', message, hint })
    this.because = because
  }
}

/** A piece of work took longer than it may; `said` is all it printed. */
export class TimedOut extends Failed {
  override readonly name = 'TimedOut'
  readonly said: string

  constructor(seconds: number, said: string) {
    super({ code: 'timed-out', message: `not done after ${seconds} s, ended` })
    this.said = said
  }
}

/** A piece of work printed more than it may. */
export class TooMuch extends Failed {
  override readonly name = 'TooMuch'

  constructor(most: number) {
    super({ message: `it printed more than ${most} characters, ended` })
  }
}

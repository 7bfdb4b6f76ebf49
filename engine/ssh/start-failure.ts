import { Failed } from '../errors.ts'
import { ConnectionLost, SudoRefused } from './errors.ts'

/** How far a start of the worker came. */
export interface Start {
  readonly user: string
  /** What there is of standard output and error, sudo's prompts taken out. */
  readonly stdout: string
  readonly stderr: string
  /** sudo asked for the password and was given it. */
  readonly answered: boolean
}

/** What to do about words that are known; first the ones that others contain. */
const known: readonly (readonly [words: RegExp, what: (user: string) => string, hint: (user: string) => string])[] = [
  [
    /password (has|is) expired|password change required|account or password is expired|required to change your password/i,
    user => `the password of ${user} has expired`,
    user => `log in once and change it, or as root on the Pi: chage -M -1 -d today ${user}`,
  ],
  [
    /account (has expired|validity)|account is (currently )?not available/i,
    user => `user ${user} may not log in`,
    user => `see \`chage -l ${user}\` and \`getent passwd ${user}\` on the Pi`,
  ],
  [
    /sudo\S*: (command )?not found|sudo\S*: No such file|Unknown command:? \S*sudo/i,
    () => 'sudo is not installed there',
    () => 'install it as root: apt-get install sudo; or log in as root',
  ],
  [
    /must have a tty/i,
    user => `sudo wants a terminal of user ${user}`,
    user => `write on the Pi into /etc/sudoers.d/provision: Defaults:${user} !requiretty`,
  ],
  [/bash\S*: (command )?not found|bash\S*: No such file/i, () => 'there is no bash', () => 'install it: apt-get install bash'],
]

const shellHint = (user: string) =>
  `an \`exec\` or a question (\`read\`) in .bashrc or .profile of ${user}, another login shell, or a forced command (command="…" in authorized_keys) stands in its way`

/** The error for a worker that ended before it was ready. */
export function endedEarly({ user, stdout, stderr, answered }: Start): Error {
  const said = shortened(`${stderr}\n${stdout}`)
  const match = known.find(([words]) => words.test(said))
  if (match) return notStarted(match[1](user), match[2](user), said)
  if (answered && /incorrect password|try again/i.test(stderr)) return wrongPassword(user)
  if (/(password|authentication) is required|terminal is required/i.test(stderr)) return new SudoRefused('wants', user)
  if (/\bsudo(ers)?\b|may not run|not allowed/i.test(stderr)) return new SudoRefused('forbidden', user, shortened(stderr))
  return notStarted(`the login shell of ${user} ended without starting our program`, shellHint(user), said)
}

/** The error for a worker that was not ready in time. */
export function tooLate({ user, stdout, stderr, answered }: Start, seconds: number): Error {
  const said = shortened(`${stderr}\n${stdout}`)
  const within = `within ${seconds} s`
  if (stdout.includes('#facts'))
    return notStarted(
      `it did not say what it is ${within}`,
      'something it is asked for does not answer: look with `ps aux` there what is at work',
      said,
    )
  if (answered)
    return notStarted(
      `sudo took the password of ${user} and did not go on ${within}`,
      'what it asks besides (see /etc/pam.d/sudo) may not answer',
      said,
    )
  return notStarted(`the login shell of ${user} did not start our program ${within}`, shellHint(user), said)
}

/** The host was reached, and what we start there did not start; `said`: what it printed instead. */
function notStarted(message: string, hint: string, said: string): Failed {
  return new Failed({ code: 'not-started', message, hint, output: said.split('\n').filter(Boolean) })
}

/** sudo asked a second time. */
export function wrongPassword(user: string): SudoRefused {
  return new SudoRefused('wrong', user)
}

/** The link broke while it was starting. */
export function lostWhileStarting(stderr: string): ConnectionLost {
  return new ConnectionLost(`the remote shell did not start: ${shortened(stderr)}`)
}

// sudo repeats the command it refuses, which is long.
function shortened(text: string): string {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)
    .slice(-8)
    .map(line => (line.length > 200 ? `${line.slice(0, 200)}…` : line))
    .join('\n')
}

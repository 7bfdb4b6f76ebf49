import type { Act, ActContext } from '../../engine/act.ts'
import { Failed } from '../../engine/errors.ts'
import { whySilent } from './answer.ts'
import { askedText, claim } from './cql/asked.ts'
import { nodesOf } from './nodes.ts'

export interface Account {
  readonly user: string
  readonly password: string
}

/**
 * How long a node may take to start, in seconds; and one that runs to find the accounts, which may be on a node that is on its way back.
 */
const patience = { start: 540, accounts: 120 }
/** `cql`: the node answers, and refuses. */
const refused = 2

/** Shell of a Pi, bound to it. */
type Shell = ActContext['$']

async function claims($: Shell, account: Account, seconds: number): Promise<{ readonly code: number | null; readonly said: string }> {
  // Here-strings are in no process list.
  const { exitCode, stderr } = await $`cql --wait ${seconds} <<< ${askedText([claim(account.user, account.password)])}`.nothrow()
  return { code: exitCode, said: stderr.trim() }
}

/**
 * Makes the account the superuser: of a new ring with the login every new ring has, later with a password this node had before. A node on a
 * new card had none: then another member that can still log in tells the ring.
 */
export function admit(account: Account): Act {
  return async ({ $, host, fleet, on, say }) => {
    const began = Date.now()
    const left = (said: string) => (said.includes('Unable to perform') ? patience.accounts : patience.start) * 1000 - (Date.now() - began)
    let told = await claims($, account, 60)
    while (told.code !== 0 && told.code !== refused && left(told.said) > 0) {
      say(`waits for its node: ${told.said}`)
      told = await claims($, account, 60)
    }
    if (told.code === 0) return
    if (told.code !== refused)
      throw new Failed({
        message: `its node lets nobody log in for ${Math.round((Date.now() - began) / 60_000)} minutes`,
        output: told.said.split('\n'),
        hint: 'see `nodetool status` there: accounts that are on a node that is down come back with it; where it does not come back, `sudo cassandra-reclaim` there',
      })
    const asked: string[] = []
    for (const other of nodesOf(fleet)) {
      if (other.name === host.name) continue
      const shell = await on(other).catch((error: unknown) => void asked.push(`${other.name} cannot be asked: ${whySilent(error)}`))
      if (!shell) continue
      const there = await claims(shell, account, 0)
      if (there.code !== 0) {
        asked.push(`${other.name}: ${there.said || 'no node'}`)
        continue
      }
      say(
        `${other.name} told the ring the password of ${account.user}: ${host.name} did not know the one before. Provision the other nodes too: they have that one still`,
      )
      const again = await claims($, account, 60)
      if (again.code === 0) return
      asked.push(`${host.name}, after that: ${again.said}`)
    }
    throw new Failed({
      message: `the ring refuses ${account.user} with the password of this fleet, and no member knows another one that it takes`,
      output: [`${host.name}: ${told.said}`, ...asked],
      hint: `give the password the ring knows (\`secret set\`), or set this one by force: \`sudo cassandra-reclaim\` on ${host.name}; then run again`,
    })
  }
}

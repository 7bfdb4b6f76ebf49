import type { Fleet, Host } from './inventory/types.ts'
import type { OfferedBy } from './offer.ts'

/** What a deployment works with, once it is made. */
export interface DeploymentTools {
  readonly fleet: Fleet
  readonly offered: OfferedBy
  /** Runs shell text on a host as root, and gives what it printed. @throws Failed */
  text(host: string, shell: string): Promise<string>
  /** The same where the host need not answer. */
  attempt(host: string, shell: string): Promise<string | undefined>
  /** What it waits for, for a person. */
  progress(text: string): void
}

/** What a role needs of somebody beyond the fleet: a program of the controller makes it between two runs. */
export interface Deployment {
  /** The program, in the project's folder, with `FLEET_INVENTORY` set. `agreed`: it asks nobody. */
  program(agreed: boolean): readonly string[]
  /**
   * Waits until what was made is at work on a host. Gives what was seen, or why there is nothing to see. @throws Failed with what is wrong
   * when its time is over
   */
  seen(host: Host, tools: DeploymentTools): Promise<string>
}

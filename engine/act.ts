import type { $ as Zx } from 'zx'
import type { Fleet, Host } from './inventory/types.ts'

/** What a step that is led from the controller works with; also what health checks get. */
export interface ActContext {
  readonly host: Host
  readonly fleet: Fleet
  /** zx's `$` bound to the Pi, as root, over the open connection. */
  readonly $: typeof Zx
  /**
   * The same for another host of the fleet, over a connection of its own: opened at first use, closed when this host is done.
   * Throws `Unreachable` where there is none to be had. Nothing holds that host meanwhile: look there, and change only what is meant to be
   * changed from afar.
   */
  on(other: Host): Promise<typeof Zx>
  /** A secret by name, made at first use. */
  secret(name: string): string
  /**
   * Repeats `attempt` each second until it does not throw; throws its last error after `seconds` (60 by default), or when the run ends
   * before.
   */
  until(attempt: () => Promise<unknown>, seconds?: number): Promise<void>
  /**
   * Asks the person at the controller before something that cannot be taken back; false where nobody can be asked, and nobody said yes
   * beforehand.
   */
  confirm(question: string): Promise<boolean>
  /** Tells the person at the controller; lines are shown as they are. */
  say(text: string): void
}

/** Work led from the controller: several hosts looked at, something computed from what they say. */
export type Act = (context: ActContext) => Promise<void>

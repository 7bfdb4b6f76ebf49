import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { loadFleet } from '../../engine/inventory/load.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { labPaths } from '../../lab/index.ts'
import { registry } from '../../roles/index.ts'

export const fleetName = 'benchcassandra'

/**
 * Shares of one core of this machine: b does twice the work of a, both together leave two fifths of their core free, and the load tool has
 * one to itself.
 */
export const shares = { a: 0.2, b: 0.4, loader: 1 } as const
export type Name = keyof typeof shares
type Node = Exclude<Name, 'loader'>

const ring = { base: ['base'], node: ['base', 'cassandra'] } as const

/** The inventory of a moment: which of the two Pis are nodes; all weigh the same. */
function inventory(nodes: readonly Node[]): object {
  const { identity, knownHosts } = labPaths(fleetName)
  const pi = (name: Name, last: number) => ({
    address: `10.78.21.${last}`,
    user: 'pi',
    model: 'rpi3b',
    os: 'bookworm',
    lab: { cpu: shares[name] },
  })
  const node = (name: Node, last: number) => ({
    ...pi(name, last),
    roles: nodes.includes(name) ? ring.node : ring.base,
    ...(nodes.includes(name) ? { vars: { cassandra: { weight: 1, ringDelay: 5 } } } : {}),
  })
  return {
    fleet: fleetName,
    ssh: { identity, knownHosts },
    hosts: { a: node('a', 11), b: node('b', 12), loader: { ...pi('loader', 13), roles: ['base', 'collector'] } },
  }
}

/**
 * A folder with the inventory and its secrets, and the commands that work on it. It is kept as long as the hosts, which know these secrets.
 */
export class Scene {
  readonly #folder = join(tmpdir(), 'bench-cassandra')
  readonly #file = join(this.#folder, 'fleet.yaml')

  /** Says which Pis are nodes from now on; secrets stay. */
  async nodes(...nodes: readonly Node[]): Promise<Fleet> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    writeFileSync(this.#file, JSON.stringify(inventory(nodes)))
    return loadFleet(this.#file, registry)
  }

  /** Runs a real command of the project. @throws where it fails, with what it said */
  async run(command: 'provision' | 'rebalance', ...args: readonly string[]): Promise<void> {
    const program = fileURLToPath(new URL(`../../scripts/bin/${command}.mjs`, import.meta.url))
    const began = performance.now()
    const { exitCode, all } = await execa(process.execPath, [program, '--inventory', this.#file, '--yes', ...args], {
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { FLEET_IDENTITY: join(this.#folder, 'identity.txt'), NO_COLOR: '1' },
    })
    if (exitCode !== 0) throw new Error(`${command} ended with ${String(exitCode)}:\n${all.split('\n').slice(-40).join('\n')}`)
    console.log(`${command} ${args.join(' ')}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

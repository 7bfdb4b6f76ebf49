import type { Client } from 'cassandra-driver'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { openSecrets } from '../../engine/secrets/secrets.ts'
import { down, removeSnapshot, restore, snapshot, snapshots, up } from '../../lab/index.ts'
import { tlsFiles } from '../../roles/cassandra/config/yaml.ts'
import { parseStatus } from '../../roles/cassandra/ring/index.ts'
import { eventually, inside, told, Workplace, type Told } from './engine-support.ts'
import { census, client, Rows } from './rows.ts'

/** Two of these tests may run at once, each with a network of its own: RING_NET=11. */
const net = process.env['RING_NET'] ?? '10'
const name = net === '10' ? 'testring' : `testring${net}`
const project = join(import.meta.dirname, '../..')
const command = (of: string) => join(project, 'scripts/bin', `${of}.mjs`)
/** Secrets and identity that belong to the cards of a snapshot. */
const kept = (which: string) => join('/var/cache/temperature-fleet/snapshots', name, `${which}.secrets`)

export const rows = Number(process.env['RING_ROWS'] ?? 20_000)
export const addresses = { mysql: `10.78.${net}.90`, cassandra2: `10.78.${net}.20`, consumer1: `10.78.${net}.91` } as const
export type Name = keyof typeof addresses

/** The first has half the computing power of the others. */
const boards: Readonly<Record<Name, { readonly model: string; readonly cpu: number }>> = {
  mysql: { model: 'rpi2b', cpu: 0.7 },
  cassandra2: { model: 'rpi3b', cpu: 1.4 },
  consumer1: { model: 'rpi3b', cpu: 1.4 },
}

export interface RingEvent {
  readonly event: string
  readonly state?: string
  readonly node?: string
  readonly text?: string
}

/** A ring of virtual Pis with rows in it, from a snapshot: each file that needs one begins with the same cards. */
export class RingWorkplace extends Workplace {
  fleet!: Fleet
  file!: string
  #clients: Client[] = []

  /**
   * Two nodes of unequal strength and equal weight, with so many rows of the location `before`; made by the first file that asks, of
   * today's code.
   */
  async begin(options: { readonly replication?: number } = {}): Promise<void> {
    const which = `two-${this.#code()}`
    this.inventory(['mysql', 'cassandra2'], options)
    this.fleet = await this.load(this.file)
    await down(this.fleet)
    if (snapshots(this.fleet).includes(which) && existsSync(kept(which))) {
      cpSync(kept(which), this.folder, { recursive: true })
      await restore(this.fleet, which)
      await this.whole(['mysql', 'cassandra2'])
      if (options.replication) await this.provisioned()
      return
    }
    this.inventory(['mysql', 'cassandra2'])
    await up(this.fleet)
    for (const host of ['mysql', 'cassandra2']) await this.provisioned(host)
    await new Rows(await this.client(), 'before').fill(rows)
    for (const host of ['mysql', 'cassandra2']) await inside(this.fleet, host, 'nodetool flush; nodetool drain; systemctl stop cassandra')
    for (const client of this.#clients.splice(0)) await client.shutdown()
    for (const old of snapshots(this.fleet).filter(each => each.startsWith('two-'))) {
      await removeSnapshot(this.fleet, old)
      rmSync(kept(old), { recursive: true, force: true })
    }
    mkdirSync(kept(which), { recursive: true })
    for (const file of readdirSync(this.folder).filter(each => /identity|secrets/.test(each)))
      cpSync(join(this.folder, file), join(kept(which), file))
    await snapshot(this.fleet, which)
    await this.whole(['mysql', 'cassandra2'])
    this.inventory(['mysql', 'cassandra2'], options)
    if (options.replication) await this.provisioned()
  }

  /** What the cards were made by: another code makes others. */
  #code(): string {
    const hash = createHash('sha256').update(String(rows))
    for (const room of ['engine', 'roles/cassandra', 'roles/base'])
      for (const entry of readdirSync(join(project, room), { recursive: true, withFileTypes: true })
        .filter(each => each.isFile() && !each.name.endsWith('.md'))
        .sort((a, b) => (a.parentPath + a.name < b.parentPath + b.name ? -1 : 1)))
        hash.update(readFileSync(join(entry.parentPath, entry.name)))
    return hash.digest('hex').slice(0, 12)
  }

  /** Writes the inventory of these hosts; a `former` one is no node any more. */
  inventory(
    nodes: readonly Name[],
    {
      replication,
      weights = {},
      former = [],
    }: { readonly replication?: number; readonly weights?: Partial<Record<Name, number>>; readonly former?: readonly Name[] } = {},
  ): void {
    const vars = (node: Name) => ({ cassandra: { ringDelay: 5, weight: weights[node] ?? 1, ...(replication && { replication }) } })
    this.file = this.write('fleet', name, {
      hosts: Object.fromEntries(
        nodes.map(node => [
          node,
          {
            address: addresses[node],
            user: 'pi',
            model: boards[node].model,
            os: 'bookworm',
            roles: ['base', ...(former.includes(node) ? [] : ['cassandra'])],
            lab: { cpu: boards[node].cpu },
            vars: former.includes(node) ? {} : vars(node),
          },
        ]),
      ),
    })
  }

  override async end(): Promise<void> {
    for (const each of this.#clients) await each.shutdown()
    await super.end(this.fleet)
  }

  /** A run of `provision` that must end well. */
  async provisioned(...args: string[]): Promise<string> {
    const run = await this.provision(this.file, args)
    expect(run.text).not.toContain('FAILED')
    expect(run.code).toBe(0)
    return run.text
  }

  startRebalance(...args: string[]) {
    return execa(process.execPath, [command('rebalance'), '--inventory', this.file, ...args], {
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { ...this.env },
      timeout: 480_000,
    })
  }

  async rebalance(...args: string[]): Promise<Told> {
    return told(await this.startRebalance(...args))
  }

  async secret(...args: string[]): Promise<void> {
    await execa(process.execPath, [command('secret'), '--inventory', this.file, ...args], { env: this.env })
  }

  /** Starts a run and kills it as soon as it says that it begins a state, or some milliseconds later. */
  async killedAt(state: string, args: readonly string[], after = 0): Promise<void> {
    const run = this.startRebalance('--json', ...args)
    let text = ''
    run.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes(`"state":"${state}"`)) setTimeout(() => run.kill('SIGKILL'), after)
    })
    expect((await run).signal, text).toBe('SIGKILL')
  }

  /** Waits until each of these nodes sees all of them up and normal, and lets clients in: that comes a little later. */
  async whole(nodes: readonly Name[], seconds = 240): Promise<void> {
    for (const node of nodes)
      await eventually(async () => {
        const said = await inside(
          this.fleet,
          node,
          'nodetool status temperature 2>/dev/null; cql -e "SELECT now() FROM system.local" >/dev/null 2>&1 && printf open',
        )
        const seen = parseStatus(said)
        return said.endsWith('open') && seen.length === nodes.length && seen.every(({ up: alive, state }) => alive && state === 'normal')
      }, seconds)
  }

  /** The certificate of the fleet's CA. */
  ca(node: Name = 'cassandra2'): Promise<string> {
    return inside(this.fleet, node, `cat ${tlsFiles.ca}`)
  }

  /** Of Cassandra's account for the fleet. */
  password(): string {
    return openSecrets(this.file, { preview: true, env: { ...process.env, ...this.env } }).get('cassandra/fleet')
  }

  async client(...only: readonly Name[]): Promise<Client> {
    const made = await client(
      (only.length ? only : (['mysql', 'cassandra2'] as const)).map(node => addresses[node]),
      this.password(),
      await this.ca(only[0] ?? 'cassandra2'),
    )
    this.#clients.push(made)
    return made
  }

  /** Every row that was there in the beginning, counted one by one, and those of other locations that were acknowledged. */
  async everythingIsThere(more: readonly Rows[] = []): Promise<void> {
    const made = await this.client()
    const found = await census(made)
    expect(found.get('before')?.size).toBe(rows)
    for (const { location, acknowledged } of more) expect([...acknowledged].filter(index => !found.get(location)?.has(index))).toEqual([])
  }

  /** Shares, by name, as one of them counts. */
  async owned(by: Name = 'cassandra2'): Promise<Readonly<Record<string, number>>> {
    const seen = parseStatus(await inside(this.fleet, by, 'nodetool status temperature'))
    return Object.fromEntries(
      seen.map(({ address, owns }) => [Object.entries(addresses).find(([, at]) => at === address)?.[0] ?? address, owns ?? -1]),
    )
  }
}

/** Asks once a second whether accounts may log in at each of some nodes, until told to stop. */
export function logins(workplace: RingWorkplace, nodes: () => readonly Name[]) {
  const failed: string[] = []
  let asked = 0
  let going = true
  const work = (async () => {
    while (going) {
      for (const node of nodes()) {
        const said = await inside(workplace.fleet, node, `cql -e "SELECT role FROM system_auth.roles WHERE role = 'fleet'" 2>&1`).catch(
          String,
        )
        // Its power was cut meanwhile: then nobody may be there to ask.
        if (!nodes().includes(node)) continue
        asked++
        if (said !== 'fleet') failed.push(`${node}: ${said}`)
      }
      await new Promise(done => setTimeout(done, 1000))
    }
  })()
  return {
    async stop() {
      going = false
      await work
      return { asked, failed }
    },
  }
}

// A run that changes nothing, beside the floor: one ssh a host, all at once, each running one script that reads the same states.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Host } from '../engine/inventory/types.ts'
import { sshArgs } from '../lab/index.ts'
import { floorScript } from './floor.ts'
import { bringUp, inventory, options, takeDown } from './lab.ts'
import { bigFile } from './state.ts'
import { allAtOnce, alternate, quoted, shell, shown, summary, timed, type Took } from './measure.ts'

const walls = (took: readonly Took[]) => summary(took.map(({ wall }) => wall))
const cpu = (took: readonly Took[]) => summary(took.map(each => each.cpu)).median.toFixed(2)

const { runs, big, keep, down } = options(11)
if (down) await takeDown()
else await main()

async function main(): Promise<void> {
  const scripts = await mkdtemp(join(tmpdir(), 'bench-'))
  try {
    if (big > 0) {
      process.env[bigFile] = join(scripts, 'big')
      await writeFile(join(scripts, 'big'), randomBytes(big * 1e6))
    }
    const { fleet, delayedBy } = await bringUp()
    console.log(`Bringing all hosts to their state${big > 0 ? `, each with a file of ${big} MB` : ''} …`)
    const usage = fileURLToPath(new URL('usage.mjs', import.meta.url))
    const { stdout } = await shell(`{ ${provision(fleet.hosts, `node --import ${quoted(usage)}`)}; } 3>&1`)
    console.log(`most memory of that run: ${heldIn(stdout).toFixed(0)} MB`)
    for (const host of fleet.hosts) await writeFile(join(scripts, host.name), floorScript(host.name))
    const near = fleet.hosts.filter(host => !host.lab?.delay)
    const far = fleet.hosts.filter(host => host.lab?.delay)
    const delay = far[0]?.lab?.delay ?? 0
    console.log(`\n40 resources a host; ${runs} runs of each in turn after a warm-up; seconds: median (least–most)`)
    console.log(`far hosts: ${delay} ms each way, ${2 * delay} ms a round trip, made by ${delayedBy}\n`)
    console.log(
      `${'HOSTS'.padEnd(8)}${'provision'.padEnd(20)}${'floor'.padEnd(20)}${'RATIO'.padEnd(8)}${'CPU s'.padEnd(8)}${'FLOOR'.padEnd(8)}MEMORY`,
    )
    for (const [name, hosts] of [
      ['1 near', near.slice(0, 1)],
      ['4 near', near.slice(0, 4)],
      ['1 far', far.slice(0, 1)],
      ['4 far', far.slice(0, 4)],
    ] as const) {
      const { a, b } = await alternate(
        runs,
        () => timed(provision(hosts)),
        () => timed(allAtOnce(hosts.map(ssh))),
      )
      const [ours, floor] = [walls(a), walls(b)]
      const ratio = summary(a.map((took, at) => took.wall / (b[at]?.wall ?? NaN))).median
      const memory = await peak(hosts)
      console.log(
        `${name.padEnd(8)}${shown(ours).padEnd(20)}${shown(floor).padEnd(20)}${ratio.toFixed(2).padEnd(8)}${cpu(a).padEnd(8)}${cpu(b).padEnd(8)}${memory.toFixed(0)} MB`,
      )
    }

    function ssh(host: Host): string {
      return `ssh ${sshArgs(fleet, host.name).map(quoted).join(' ')} sudo -n bash -s <${quoted(join(scripts, host.name))} >${quoted(join(scripts, `${host.name}.out`))}`
    }
  } finally {
    await rm(scripts, { recursive: true, force: true })
    if (!keep) await takeDown()
  }
}

function provision(hosts: readonly Host[], node = 'node'): string {
  const command = fileURLToPath(new URL('bin/provision.mjs', import.meta.url))
  return `${node} ${quoted(command)} --inventory ${quoted(inventory)} --yes ${hosts.map(host => host.name).join(' ')}`
}

/** Most memory a run held, in MB; measured in a run of its own. Also sees that such a run changes nothing. */
async function peak(hosts: readonly Host[]): Promise<number> {
  const usage = fileURLToPath(new URL('usage.mjs', import.meta.url))
  const { stdout } = await shell(`{ ${provision(hosts, `node --import ${quoted(usage)}`)}; } 3>&1`)
  if (!stdout.includes('Nothing to change')) throw new Error(`this run was not one without changes:\n${stdout}`)
  return heldIn(stdout)
}

/** Megabytes, of what `usage.mjs` said. */
function heldIn(stdout: string): number {
  return (Number(/^(\d+)$/m.exec(stdout)?.[1]) * 1024) / 1e6
}

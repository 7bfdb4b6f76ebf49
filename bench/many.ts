// A run that changes nothing on many hosts, beside as many ssh processes at once that do nothing but become root.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadFleet } from '../engine/inventory/load.ts'
import { down, labPaths, sshArgs, up } from '../lab/index.ts'
import { allAtOnce, alternate, quoted, shell, shown, summary, timed } from './measure.ts'
import { registry } from './roles.ts'

const { values } = parseArgs({
  options: { hosts: { type: 'string', default: '40' }, runs: { type: 'string', default: '5' }, down: { type: 'boolean', default: false } },
})
const [count, runs] = [Number(values.hosts), Number(values.runs)]
const name = 'benchmany'
const folder = join(tmpdir(), 'bench-many')
const file = join(folder, 'fleet.yaml')

/** Addresses of a network of their own. */
function inventory(): object {
  const { identity, knownHosts } = labPaths(name)
  const hosts = Array.from({ length: count }, (_, index) => [
    `pi${index + 1}`,
    { address: `10.78.22.${index + 11}`, user: 'pi', roles: ['base'] },
  ])
  return { fleet: name, ssh: { identity, knownHosts }, hosts: Object.fromEntries(hosts) }
}

mkdirSync(folder, { recursive: true, mode: 0o700 })
writeFileSync(file, JSON.stringify(inventory()))
const fleet = await loadFleet(file, registry)
if (values.down) await down(fleet)
else
  try {
    const began = performance.now()
    await up(fleet)
    console.log(`${count} virtual Pis booted in ${((performance.now() - began) / 1000).toFixed(0)} s`)
    const provision = (node = 'node') =>
      `${node} ${quoted(fileURLToPath(new URL('bin/provision.mjs', import.meta.url)))} --inventory ${quoted(file)} --yes`
    const first = await timed(provision())
    console.log(`first run: ${first.wall.toFixed(1)} s`)
    const floor = fleet.hosts.map(host => `ssh ${sshArgs(fleet, host.name).map(quoted).join(' ')} sudo -n true`)
    const { a, b } = await alternate(
      runs,
      () => timed(provision()),
      () => timed(allAtOnce(floor)),
    )
    const ratio = summary(a.map((took, at) => took.wall / (b[at]?.wall ?? NaN)))
    const usage = fileURLToPath(new URL('usage.mjs', import.meta.url))
    const { stdout } = await shell(`{ ${provision(`node --import ${quoted(usage)}`)}; } 3>&1`)
    if (!stdout.includes('Nothing to change')) throw new Error(`this run was not one without changes:\n${stdout}`)
    const memory = (Number(/^(\d+)$/m.exec(stdout)?.[1]) * 1024) / 1e6
    console.log(`nothing to change, ${runs} runs of each in turn; seconds: median (least–most)`)
    console.log(`provision ${shown(summary(a.map(({ wall }) => wall)))}, ssh at once ${shown(summary(b.map(({ wall }) => wall)))}`)
    console.log(`ratio ${shown(ratio)}; memory ${memory.toFixed(0)} MB`)
  } finally {
    await down(fleet)
    rmSync(folder, { recursive: true, force: true })
  }

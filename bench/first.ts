// The first run on hosts that have nothing yet, beside a plain shell script that does the same by one ssh a host.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reset, sshArgs } from '../lab/index.ts'
import { bringUp, inventory, options, takeDown } from './lab.ts'
import { allAtOnce, alternate, quoted, shell, shown, summary, timed, type Took } from './measure.ts'
import { setupScript } from './setup.ts'

const { runs, hosts: most, keep, down } = options(3)
if (down) await takeDown()
else await main()

async function main(): Promise<void> {
  const scripts = await mkdtemp(join(tmpdir(), 'bench-'))
  try {
    const { fleet } = await bringUp()
    const hosts = fleet.hosts.filter(host => !host.lab?.delay).slice(0, most)
    const names = hosts.map(host => host.name)
    for (const host of hosts) await writeFile(join(scripts, host.name), setupScript(host.name, fleet))
    const command = `node ${quoted(fileURLToPath(new URL('bin/provision.mjs', import.meta.url)))} --inventory ${quoted(inventory)} --yes ${names.join(' ')}`
    const fresh = async (text: string): Promise<Took> => {
      await reset(fleet, names)
      const took = await timed(text)
      console.log(`${text.includes('provision.mjs') ? 'provision' : 'script   '}  ${took.wall.toFixed(1)} s`)
      return took
    }
    const ours = () => fresh(command)
    const floor = () =>
      fresh(
        allAtOnce(
          hosts.map(
            host =>
              `ssh ${sshArgs(fleet, host.name).map(quoted).join(' ')} sudo -n bash -s <${quoted(join(scripts, host.name))} >${quoted(join(scripts, `${host.name}.out`))} 2>&1`,
          ),
        ),
      )
    const { a, b } = await alternate(runs, ours, floor, false)
    console.log(
      `\n${hosts.length} hosts with nothing on them, 40 resources each; ${runs} runs of each in turn; seconds: median (least–most)`,
    )
    console.log(`provision     ${shown(summary(a.map(took => took.wall)), 1)}`)
    console.log(`plain script  ${shown(summary(b.map(took => took.wall)), 1)}`)
    console.log(`ratio         ${(summary(a.map(took => took.wall)).median / summary(b.map(took => took.wall)).median).toFixed(2)}`)
    const left = await floorLeaves(command)
    console.log(`after the last script a run still changes: ${left}`)
  } finally {
    await rm(scripts, { recursive: true, force: true })
    if (!keep) await takeDown()
  }
}

/** What our run still finds to do on the hosts; after a plain script of the same meaning: nothing. */
async function floorLeaves(command: string): Promise<string> {
  const { stdout } = await shell(`${command} --check || [ $? = 2 ]`)
  return (
    stdout
      .split('\n')
      .filter(line => /: \S+: /.test(line) && !/RAM/.test(line))
      .join('; ') || 'nothing'
  )
}

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const version = Number(/^systemd (\d+)/.exec(spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 0)

/** Whether this machine's systemd can judge a unit file that is not installed. */
export const canJudge = version >= 250

/** How exposed a unit is, 0 to 10, by systemd's own word. `texts`: the unit and its drop-ins. */
export function exposure(name: string, ...texts: readonly string[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'units-'))
  try {
    const file = join(folder, `${name}.service`)
    // A program that is not on this machine makes it refuse the file.
    writeFileSync(file, texts.join('\n').replaceAll(/^(Exec\w+)=.+$/gm, '$1=/bin/true'))
    const { stdout, stderr } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', file], { encoding: 'utf8' })
    const level = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1] ?? NaN)
    if (Number.isNaN(level)) throw new Error(`systemd-analyze does not judge ${name}: ${stderr}`)
    return level
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

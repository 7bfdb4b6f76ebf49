import type { Fleet } from '../engine/inventory/types.ts'
import { LabError } from './errors.ts'
import type { Listener } from './events.ts'
import { isForeign } from './root/architecture.ts'
import { attempt, run } from './run.ts'

/** Debian packages the lab needs on this machine. */
export function neededPackages(fleet: Fleet): string[] {
  const always = ['mmdebstrap', 'systemd-container', 'iptables', 'iproute2', 'openssh-client', 'e2fsprogs', 'debian-archive-keyring']
  return fleet.hosts.some(host => isForeign(host.arch)) ? [...always, 'qemu-user-static', 'arch-test'] : always
}

/**
 * Which of them are not installed.
 * @throws LabError on a system without dpkg
 */
export async function missingPackages(fleet: Fleet): Promise<string[]> {
  const names = neededPackages(fleet)
  const { code, stdout, stderr } = await attempt(['dpkg-query', '--show', '--showformat=${Package} ${db:Status-Status}\n', ...names])
  if (code === -1) throw new LabError(`The lab needs Debian or Ubuntu: ${stderr}`, 'Use a Debian or Ubuntu machine or VM.')
  const installed = new Set(
    stdout
      .split('\n')
      .filter(line => line.endsWith(' installed'))
      .map(line => line.split(' ')[0]),
  )
  return names.filter(name => !installed.has(name))
}

/**
 * Installs what is missing, after saying which.
 * @throws LabError with apt's last lines
 */
export async function installPackages(names: readonly string[], on: Listener = () => {}): Promise<void> {
  if (names.length === 0) return
  on({ kind: 'step', text: `Installing Debian packages the lab needs: ${names.join(', ')} …` })
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' } }
  await run(['apt-get', 'update'], quiet)
  // Somebody else of this machine may be installing, too.
  await run(['apt-get', '-o', 'DPkg::Lock::Timeout=600', 'install', '--yes', '--no-install-recommends', ...names], quiet)
}

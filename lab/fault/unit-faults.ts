import type { Fleet } from '../../engine/inventory/types.ts'
import { LabError } from '../errors.ts'
import { exec } from '../exec.ts'

// Behind those of roles, whose names begin with letters: the last one counts.
const dropIn = (unit: string): string => `/run/systemd/system/${unit}.d/zz-fault.conf`

/** A unit as systemd names it in full. */
export const unitName = (unit: string): string => (unit.includes('.') ? unit : `${unit}.service`)

/** Kills a unit's processes, and sees that nobody starts it until it is healed. A drop-in, for a mask does not cover units in /etc. */
export function killUnitScript(unit: string): string {
  const name = unitName(unit)
  return `set -e
mkdir -p ${dropIn(name).replace(/\/[^/]*$/, '')}
printf '[Unit]\\nConditionPathExists=/run/nothing-here-by-a-fault\\n[Service]\\nRestart=no\\n' >${dropIn(name)}
systemctl daemon-reload
systemctl kill --signal=KILL ${name} || :
for i in $(seq 50); do systemctl is-active --quiet ${name} || break; sleep 0.1; done`
}

/** Ends killUnitScript. It does not wait until the unit serves. */
export function startUnitScript(unit: string): string {
  const name = unitName(unit)
  return `set -e
rm -f ${dropIn(name)}
systemctl daemon-reload
systemctl reset-failed ${name} 2>/dev/null || :
systemctl start --no-block ${name}`
}

/** Stops all processes of a unit where they are, or lets them go on. */
export function signalUnitScript(unit: string, signal: 'STOP' | 'CONT'): string {
  return `systemctl kill --signal=${signal} ${unitName(unit)}`
}

/**
 * Runs shell text in a host; what it printed.
 * @throws LabError with its last lines
 */
export async function script(fleet: Fleet, host: string, text: string): Promise<string> {
  const { code, stdout, stderr } = await exec(fleet, host, ['bash', '-s'], { stdin: text })
  if (code !== 0) throw new LabError(`${host}: ${(stderr || stdout).trim().split('\n').slice(-4).join('\n  ') || `exit ${code}`}`)
  return stdout.trim()
}

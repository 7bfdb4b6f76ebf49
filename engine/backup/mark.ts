import type { Shell } from '../resources/kind.ts'
import { writes } from '../shell.ts'

/** Where a Pi notes when the last whole backup of each role was begun, a file a role. */
export const takenFolder = '/var/lib/provision/backup'

/**
 * Notes on a Pi when the last backup was begun that has all of a role: for the role's status, and for alerts. `figures`: the folder there
 * from which figures are read, where there is one.
 */
export function notesTaken(role: string, at: Date, figures: string): Shell {
  const seconds = Math.floor(at.getTime() / 1000)
  return `mkdir -p ${takenFolder} && ${writes(`${takenFolder}/${role}`, `${seconds}\n`)} && if [ -d ${figures} ]; then
{ echo '# HELP fleet_backup_seconds When the last backup that has all of a role was begun.'; echo '# TYPE fleet_backup_seconds gauge'
for f in ${takenFolder}/*; do printf 'fleet_backup_seconds{role="%s"} %s\\n' "\${f##*/}" "$(cat "$f")"; done; } >${figures}/fleet-backup.new &&
chmod 644 ${figures}/fleet-backup.new && mv ${figures}/fleet-backup.new ${figures}/fleet-backup.prom; fi`
}

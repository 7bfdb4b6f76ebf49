import path from 'node:path'
import { backupsFolder, folderDepot, type Depot } from '../../engine/backup/index.ts'

/** Where backups are to lie: what was said, else FLEET_BACKUPS, else the folder beside the inventory. */
export async function depotOf(to: string | undefined, inventory: string, check: boolean): Promise<Depot> {
  const place = to ?? process.env['FLEET_BACKUPS'] ?? backupsFolder(inventory)
  if (!place.startsWith('restic:')) return folderDepot(path.resolve(place), { inventory })
  const [{ resticDepot }, { openSecrets }] = await Promise.all([
    import('../../engine/backup/restic-depot.ts'),
    import('../../engine/secrets/secrets.ts'),
  ])
  const secrets = openSecrets(inventory, { preview: check })
  return resticDepot(place.slice('restic:'.length), () => secrets.get('backup/restic'))
}

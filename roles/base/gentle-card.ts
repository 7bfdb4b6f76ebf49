import type { Shell } from '../../engine/resources/index.ts'

/** Seconds for which what is written to the card may stay in memory: many small writes of one block become one. */
const commit = 60

/** What a journal that is gentle to its card is told: it writes what came, and at once only what is critical. */
export const gentleJournal = 'SyncIntervalSec=30min\n'

/** The unit that mounts the root anew at each boot. /etc/fstab stays as it is: a mistake there is a Pi that does not boot. */
export const gentleUnit = 'gentle-card'
export const gentleUnitPath = `/etc/systemd/system/${gentleUnit}.service`

/** Only ext4 knows `commit`; what another root is, is left alone. When the unit stops, the kernel's own interval is back. */
export const gentleCard = `# Written by provision.
[Unit]
Description=Few writes to the card
ConditionPathIsReadWrite=/

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c '[ "$$(findmnt -no FSTYPE /)" != ext4 ] || mount -o remount,noatime,commit=${commit} /'
ExecStop=/bin/sh -c '[ "$$(findmnt -no FSTYPE /)" != ext4 ] || mount -o remount,commit=5 /'

[Install]
WantedBy=multi-user.target
`

/** Half of the memory as compressed swap; Debian's `zram-tools`. */
export const zramPath = '/etc/default/zramswap'
export const zram = `# Written by provision.
ALGO=lz4
PERCENT=50
PRIORITY=100
`

/** Gives back what a gentle card took. The package of zram stays, and does nothing. */
export const usualCard: { readonly unless: Shell; readonly run: Shell } = {
  unless: `[ ! -e ${gentleUnitPath} ]`,
  run: `if [ -e ${zramPath} ]; then
systemctl disable -q --now zramswap; rm -f ${zramPath}
! systemctl cat dphys-swapfile >/dev/null 2>&1 || systemctl enable -q --now dphys-swapfile
fi
systemctl disable -q --now ${gentleUnit}; rm -f ${gentleUnitPath} && systemctl daemon-reload`,
}

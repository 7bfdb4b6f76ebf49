/** Where a host sees its board's files. */
export const boardInside = '/run/host/board'

/**
 * The first program of a host: puts the board's files over the machine's, then becomes systemd. Done here rather than by options of
 * systemd-nspawn because its releases differ in what they mount over what, and nothing in the host has run before.
 */
export const initScript = `#!/bin/sh
# Puts the virtual Pi's own figures over the machine's, then becomes systemd.
set -e
B=${boardInside}
for f in meminfo stat cpuinfo; do mount --bind -o ro $B/$f /proc/$f; done
for f in online present possible; do mount --bind -o ro $B/cpus /sys/devices/system/cpu/$f; done
mount --bind $B/vm /proc/sys/vm
mount --bind -o ro $B/thermal /sys/class/thermal
mount -o remount,rw /sys
mkdir -p /sys/firmware/devicetree/base
cp $B/model /sys/firmware/devicetree/base/model
mount -o remount,ro,nosuid,nodev,noexec /sys
exec /lib/systemd/systemd
`

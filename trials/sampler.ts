/**
 * Shell text that tells what a host does, once a second until nobody reads or `seconds` have passed: one `grep` over the kernel's files a
 * second, and one `ss` every five for the round trips of its connections. It writes nothing on the host.
 *
 * A container's own pressure is that of its group, which is mounted at /sys/fs/cgroup; its root is an overlay, whose card is the loop
 * device with its file beside the layer that is written.
 */
export function samplerText(seconds: number): string {
  return `export LC_ALL=C
disks='(mmcblk[0-9]+|sd[a-z]+|nvme[0-9]+n[0-9]+|vd[a-z]+)'
upper=$(sed -n 's|^overlay / .*upperdir=\\([^, ]*\\).*|\\1|p;s|^[^ ]* / overlay .*upperdir=\\([^, ]*\\).*|\\1|p' /proc/mounts | tail -1)
for file in /sys/block/loop*/loop/backing_file; do
  [ -n "$upper" ] && read -r card <"$file" 2>/dev/null && [ "\${upper#"\${card%/*}"/}" != "$upper" ] && { disks=\${file#/sys/block/}; disks=\${disks%%/*}; }
done
pressure=/proc/pressure
[ -r /sys/fs/cgroup/memory.pressure ] && pressure=/sys/fs/cgroup
of() { [ "$pressure" = /proc/pressure ] && echo "$pressure/$1" || echo "$pressure/$1.pressure"; }
throttled=/sys/devices/platform/soc/soc:firmware/get_throttled
files="/proc/stat /proc/meminfo /proc/vmstat /proc/diskstats /proc/net/dev $(of cpu) $(of io) $(of memory)"
files="$files $(ls /sys/class/thermal/thermal_zone0/temp $throttled 2>/dev/null)"
for file in /sys/class/net/*/speed; do read -r speed 2>/dev/null <"$file" && printf 'speed %s %s\\n' "$file" "$speed"; done
round=0
while [ $round -lt ${Math.ceil(seconds)} ]; do
  printf 'sample\\n' || exit
  grep -sHE "^(cpu[0-9]* |MemTotal|MemAvailable|pgmajfault|pswpin|pswpout|some |full |-?[0-9a-fx]+$| +[0-9]+ +[0-9]+ $disks | *(eth|en|wlan|wl|host)[^ ]*:)" $files || exit
  if [ $((round % 5)) = 0 ]; then
    [ -e $throttled ] || ! command -v vcgencmd >/dev/null || printf 'throttled %s\\n' "$(vcgencmd get_throttled)"
    ss -Htin state established 2>/dev/null | sed 's/^/tcp /'
  fi
  printf 'end\\n' || exit
  round=$((round + 1))
  sleep 1
done </dev/null
`
}

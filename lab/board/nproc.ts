/**
 * `nproc` for hosts that believe to have more cores than this machine. The real one asks the kernel where it may run and would count the
 * machine's; this one counts what /sys lists, as the C library does. Programs that ask the kernel themselves still see the machine's.
 */
export const nprocScript = `#!/bin/sh
# Stands in for nproc in the lab: counts the processors this virtual Pi lists, not those of the machine below it.
ignore=0
while [ $# -gt 0 ]; do
  case $1 in
    --ignore=*) ignore=\${1#*=} ;;
    --ignore) ignore=$2; shift ;;
    --all) ;;
    *) exec /usr/bin/nproc "$@" ;;
  esac
  shift
done
n=$(( $(getconf _NPROCESSORS_ONLN) - ignore ))
[ "$n" -gt 0 ] || n=1
echo "$n"
`

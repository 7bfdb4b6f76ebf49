/** Where the tool stands on each Pi. */
export const reclaimPath = '/usr/local/sbin/cassandra-reclaim'

/**
 * Gives the superuser the password of `/etc/cassandra/cql.json` where no superuser can log in any more. Root-only. The server runs without
 * logins, on the loopback interface alone, for as long as that takes; then as before. What makes it so lies below `/run`, where no boot
 * finds it, counts for one start of the server, and is taken back by systemd whatever ends the work: `ExecStopPost` runs also where that
 * was killed or took too long.
 */
export const reclaim = `#!/bin/bash
# Written by provision. Sets the superuser's password to the one in /etc/cassandra/cql.json, where nobody can log in any more.
#   cassandra-reclaim      run it on one node of the ring, as root
set -euo pipefail
state=/run/cassandra-reclaim
dropin=/run/systemd/system/cassandra.service.d/reclaim.conf
settings=/etc/cassandra/cql.json

# For one start only: a server that starts again meanwhile asks for logins.
open_once() {
  [ -e $state/once ] || return 0
  rm $state/once
  # The folder of that file is the server's: what its user may have laid there is not root's to follow.
  setpriv --reuid cassandra --regid cassandra --clear-groups sed -i -e 's/^authenticator:.*/authenticator: AllowAllAuthenticator/' -e 's/^authorizer:.*/authorizer: AllowAllAuthorizer/' \\
    -e 's/^rpc_address:.*/rpc_address: 127.0.0.1/' /run/cassandra/cassandra.yaml
}

normal() {
  rm -rf $dropin $state
  rmdir $(dirname $dropin) 2>/dev/null || true
  systemctl daemon-reload
  systemctl restart cassandra
}

reclaim() {
  rm -rf $state
  install -d -m 0700 $state
  install -d $(dirname $dropin)
  printf '[Service]\\nExecStartPre=+${reclaimPath} --open-once\\n' >$dropin
  touch $state/once
  echo 'starts the server without logins, on 127.0.0.1 only'
  systemctl daemon-reload
  systemctl restart cassandra
  # The password travels in a file of root's and on standard input, never as a word of a command.
  node -e '
    const fs = require("node:fs")
    fs.writeFileSync(process.argv[2], JSON.parse(fs.readFileSync(process.argv[1], "utf8")).password)
  ' $settings $state/password
  hash=$(java -Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlogback.configurationFile=/etc/cassandra/logback-tools.xml @/etc/cassandra/open.options \\
    -cp '/opt/cassandra/lib/*' org.apache.cassandra.tools.HashPassword --input $state/password)
  user=$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).user' $settings)
  # As with a ring that is not claimed yet, the node is on the loopback interface; how it is spoken to is the same, TLS too.
  CQL_UNCLAIMED=$state cql --wait 240 <<.
UPDATE system_auth.roles SET salted_hash = '$hash', is_superuser = true, can_login = true WHERE role = '$user';
.
  echo "the ring takes the password of $settings for $user"
}

case \${1-} in
  --open-once) open_once ;;
  --normal) normal ;;
  --reclaim) reclaim ;;
  '')
    [ "$(id -u)" = 0 ] || { echo 'cassandra-reclaim: only root may do this' >&2; exit 1; }
    [ -s $settings ] || { echo "cassandra-reclaim: there is no $settings: provision this Pi first" >&2; exit 1; }
    # Only a superuser may read this.
    if CQL_SETTINGS=$settings cql -e 'SELECT role FROM system_auth.roles' >/dev/null 2>&1; then echo 'the superuser can log in: nothing to do'; exit 0; fi
    systemd-run --quiet --collect --pipe --wait --unit=cassandra-reclaim -p RuntimeMaxSec=420 -p 'ExecStopPost=${reclaimPath} --normal' ${reclaimPath} --reclaim
    echo 'waits until the server takes logins again'
    cql --wait 240 -e 'SELECT cluster_name FROM system.local' >/dev/null
    echo 'done: the superuser logs in; run provision'
    ;;
  *) sed -n '2,3s/^# *//p' "$0"; exit 64 ;;
esac
`

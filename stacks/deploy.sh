# Says what it costs, deploys, and writes where the next `provision` finds it what AWS made. In the project's folder; arguments are the
# command's own. State and outputs are for their owner alone.
set -eu
umask 077
inventory=${FLEET_INVENTORY:-hosts/pi.yaml}
kept=${inventory%.yaml}
kept=${kept%.yml}.kept/awsiot
mkdir -p "$kept"
node --import ./stacks/node_modules/tsx/dist/loader.mjs stacks/fleet-cost.ts
# Written beside: what is half written when the power goes would be taken for what is there.
cdktf deploy --outputs-file "$kept/.outputs.json" "$@"
[ ! -f "$kept/.outputs.json" ] || mv -f "$kept/.outputs.json" "$kept/outputs.json"

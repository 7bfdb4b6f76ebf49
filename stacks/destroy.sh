# Takes away from AWS all that was deployed, and notes that: the next `provision` takes the certificates from the Pis. In the project's
# folder; arguments are the command's own.
set -eu
umask 077
code=0
cdktf destroy "$@" || code=$?
# Whatever it says: what counts is what is left.
node --import ./stacks/node_modules/tsx/dist/loader.mjs stacks/note-destroyed.ts
exit "$code"

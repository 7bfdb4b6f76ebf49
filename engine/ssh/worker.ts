// /run/lock is everybody's to write to: there any user of the Pi could hold the lock, or lay another file in its place.
const lockFolder = '/run/provision'
const lockFile = `${lockFolder}/lock`
const ownerFile = `${lockFolder}/owner`
const pipedFile = `${lockFolder}/piped`

/** csh refuses words much longer than this. */
const longestWord = 1000

/**
 * The one long-lived `bash` a run holds on a Pi, spoken to over its standard input.
 *
 * A line is a command: `run ID BYTES` (that many bytes of shell text follow), `put ID BYTES PATH` (that many bytes
 * of file content follow), `lock ID WORK OWNER`. Lines it does not know it skips: a sudo password that sudo
 * did not ask for ends there. Answers are marked with a nonce, so that no program's output can look like one.
 *
 * Every piece of work is a process group of its own, its leader told in `start`, so that it can be ended from outside.
 */
export function workerScript(nonce: string): string {
  return `
M=$(printf '\\036')${nonce}; W=$$
set -m
while IFS=' ' read -r verb id rest; do
  case "$verb" in
  run)
    text=$(head -c "$rest"; printf .); text=\${text%.}
    (trap '' PIPE; printf '\\n%s start %s %s\\n' "$M" "$id" "$BASHPID"; eval "$text") </dev/null &
    wait "$!" 2>/dev/null; code=$? ;;
  put)
    # What cannot be written is read to its end all the same: the next command stands behind it.
    path=\${rest#* }
    head -c "\${rest%% *}" | (umask 077; rm -f -- "$path"; cat >"$path" || { cat >/dev/null; exit 1; }); code=$? ;;
  lock)
    ${lockText}
    ;;
  *) continue ;;
  esac
  printf '\\n%s end %s %s\\n' "$M" "$id" "$code"
  printf '\\n%s end %s\\n' "$M" "$id" >&2
done
`
}

// The lock is an flock on an open file of the worker and all that it starts: it ends by itself with the last of them,
// also after a kill -9 or a pulled plug, and stays while an orphaned step is still at work. A worker of the same owner for the same work is
// one whose link broke unseen by this end: it is ended, its step is not. One for other work of that owner goes on.
// What runs beside the worker (see `joinsLock`) is none of its children, and has a file of its own: it, too, is waited for.
const lockText = `work=\${rest%% *}; rest=\${rest#* }
    [ -d ${lockFolder} ] || mkdir -p -m 700 ${lockFolder}; exec 9>>${lockFile} 8>>${pipedFile}
    free=; flock -n 9 && free=1
    if [ "$free" ] && flock -n 8; then
      exec 8>&-; printf '%s %s\\n%s\\n' "$W" "$rest" "$work" >${ownerFile}; code=0
    else
      { read -r holder owner; read -r at; } <${ownerFile}; up=$holder; alive=gone
      [ "$free" ] && up=0
      [ ! "$free" ] && [ "$owner" = "$rest" ] && [ "$at" = "$work" ] && [ "$holder" != "$W" ] && kill "$holder" 2>/dev/null && up=0
      while [ "\${up:-0}" -gt 1 ]; do
        read -r name <"/proc/$up/comm" || break
        case "$name" in sshd*) alive=alive; break ;; esac
        while read -r key value; do [ "$key" = PPid: ] && up=$value && break; done <"/proc/$up/status" || break
      done 2>/dev/null
      exec 8>&- 9>&-; printf '%s %s' "$alive" "$owner"; code=75
    fi`

/** What runs beside the worker of a session that holds the host: it and all that it starts are waited for, too. */
export const joinsLock = `exec 8>>${pipedFile}; flock -s 8`

/** Prints who holds the lock, if somebody does; takes nothing. */
export const holderText = `[ ! -e ${lockFile} ] || flock -n ${lockFile} true || { read -r _ owner <${ownerFile}; printf '%s\\n' "$owner"; }; true`

/** How the worker becomes root. A password, where sudo asks for one, goes to its standard input and nowhere else. */
export type Become = 'already-root' | 'sudo' | 'sudo-with-password'

/** What sudo prints when it wants the password: ours, so that no language and no setting of the Pi has a say in it. */
export function sudoPrompt(nonce: string): string {
  return `[provision ${nonce}]`
}

/**
 * A command line that runs shell text as root under a bash, whatever the login shell is that gets it: one line, no word of it longer than
 * csh takes, nothing that csh, fish or zsh reads in another way than sh. sudo speaks English.
 */
export function rootCommand(become: Become, nonce: string, text: string): string {
  const sudo = {
    'already-root': '',
    sudo: 'env LC_ALL=C sudo -n -- ',
    'sudo-with-password': `env LC_ALL=C sudo -S -p '${sudoPrompt(nonce)}' -- `,
  }[become]
  // bash takes a socket for standard input as a sign to read ~/.bashrc: a stranger's file, which may print or end it.
  return `exec ${sudo}bash --norc -c 'printf -v t %b "$@"; eval "$t"' bash ${encoded(text)}`
}

// Backslashes, quotation marks, newlines, history marks and what is not ASCII travel as \xHH, which no shell touches between single quotes.
function encoded(text: string): string {
  const bytes = [...Buffer.from(text)].map(byte =>
    byte < 32 || byte > 126 || "'\\!".includes(String.fromCharCode(byte))
      ? `\\x${byte.toString(16).padStart(2, '0')}`
      : String.fromCharCode(byte),
  )
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += longestWord / 4) pieces.push(`'${bytes.slice(at, at + longestWord / 4).join('')}'`)
  return pieces.join(' ')
}

/**
 * The command that starts the worker: facts first (they need no answer from us, so they travel with the start),
 * then a line that says it is ready, then the loop.
 */
export function workerCommand({
  become,
  nonce,
  facts,
}: {
  readonly become: Become
  readonly nonce: string
  readonly facts: string
}): string {
  return rootCommand(
    become,
    nonce,
    `export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${facts}
printf '\\n\\036%s ready\\n' ${nonce}
${workerScript(nonce)}`,
  )
}

import { reachedAt, type Listen } from '../../engine/listen.ts'
import { quote } from '../../engine/shell.ts'
import type { Muted } from '../offers.ts'

/** The program that asks Alertmanager on its own Pi, and what it logs in with. */
export const apiPath = '/usr/local/lib/provision/alertmanager-api'
export const loginPath = '/etc/prometheus/alertmanager-login'

/** What stands in `loginPath`. */
export const loginText = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64')

/**
 * Asks Alertmanager and prints its answer; exit 0 where it is one. The password is read by the shell itself, so it is in no list of
 * processes.
 */
export function apiProgram(listen: Listen, port: number): string {
  return `#!/bin/bash
# Written by provision. Asks Alertmanager of this Pi: alertmanager-api METHOD PATH [JSON]
LC_ALL=C
a=${reachedAt(listen)} && login=$(<${loginPath}) && exec 3<>"/dev/tcp/$a/${port}" || exit 1
printf '%s %s HTTP/1.0\\r\\nHost: %s\\r\\nAuthorization: Basic %s\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s' \\
  "$1" "$2" "$a" "$login" "\${#3}" "$3" >&3
answer=$(timeout 10 cat <&3)
printf '%s\\n' "\${answer#*$'\\r\\n\\r\\n'}"
[[ $answer == HTTP/1.?' '2* ]]
`
}

/** Shell text: a moment from now, as the API wants it. */
const inMinutes = (minutes: number) => `$(date -u -d '+${minutes} minutes' +%FT%TZ)`

/** Shell text that makes Alertmanager silent about alerts, for so many minutes at most; prints the silence's id. */
export function silences({ label, values }: Muted, minutes: number, by: string, why: string): string {
  const value = `^(?:${values.map(each => each.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join('|')})$`
  const rest = { matchers: [{ name: label, value, isRegex: true, isEqual: true }], createdBy: by, comment: why }
  const text = JSON.stringify(rest).slice(1)
  return `answer=$(${apiPath} POST /api/v2/silences '{"startsAt":"'${inMinutes(0)}'","endsAt":"'${inMinutes(minutes)}'",'${quote(text)}) && answer=\${answer#*:\\"} && echo "\${answer%%\\"*}"`
}

/** Shell text that ends silences. */
export const endsSilences = (ids: readonly string[]) =>
  ids.map(id => `${apiPath} DELETE ${quote(`/api/v2/silence/${id}`)} >/dev/null`).join('; ')

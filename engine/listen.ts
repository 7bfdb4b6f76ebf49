import { isIP } from 'node:net'
import * as z from 'zod'
import { familyOf, spelled } from './inventory/address.ts'
import type { Host } from './inventory/types.ts'
import { command, file, type AnyResource, type Shell } from './resources/index.ts'
import { quote } from './shell.ts'

/** The variable that says where a service listens. */
export const listenVar = z
  .string()
  .refine(text => isIP(text) !== 0, 'not an IP address')
  .optional()
  .describe(
    'address the service listens on: 0.0.0.0 or :: for everybody, 127.0.0.1 for this Pi alone; ' +
      'absent: the address of the inventory, by name or number',
  )

/**
 * Where a service of a host listens: at an address, or at the one that a name of the inventory stands for on the Pi whenever the service
 * starts.
 */
export type Listen = { readonly address: string } | { readonly name: string }

/** What a host's variable means. */
export function listenOf(host: Pick<Host, 'address'>, listen: string | undefined): Listen {
  const address = listen ?? host.address
  return familyOf(address) === undefined ? { name: address } : { address: spelled(address) }
}

/** How a unit begins whose address may not be there yet, at boot or while the router sleeps: it is started again until it comes. */
export const triesForEver = `[Unit]
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0
`

/** Where the program stands on each Pi that has a name in the inventory. */
export const ownAddressPath = '/usr/local/lib/provision/own-address'

/** Prints the address of the Pi that a name stands for; an address as it is. Shell text. */
export const asksOwnAddress = (name: string, family?: 4 | 6): Shell =>
  `${ownAddressPath} ${quote(name)}${family === undefined ? '' : ` ${family}`}`

/**
 * Debian's /etc/hosts gives a Pi's own name 127.0.1.1, which nobody else reaches, and a name may have several addresses. What is
 * wanted is one that this Pi has, IPv4 first. Bash, for it runs at each start of a service and node takes a second on a small board.
 */
export const ownAddressProgram = `#!/bin/bash
# Written by provision. Prints the address of this Pi that a name of the inventory stands for, one that other Pis reach.
#   own-address NAME [4|6]
name=$1
case $name in *:*) echo "$name"; exit ;; *[!0-9.]*) ;; *) echo "$name"; exit ;; esac
own=' ' seen=
while read -r _ _ _ address _; do own+="\${address%%/*} "; done < <(ip -o address show scope global 2>/dev/null)
# What the Pi's own file says of it is mostly loopback: then the others are asked.
for source in '' dns mdns4_minimal mdns_minimal resolve; do
  found=$(getent \${source:+-s $source} ahosts "$name" 2>/dev/null | while read -r address kind _; do [ "$kind" = STREAM ] && echo "$address"; done)
  for family in \${2:-4 6}; do
    for address in $found; do
      case $family$address in 4*:*) continue ;; 6*:*) ;; 6*) continue ;; esac
      [[ $own != *" $address "* ]] || { echo "$address"; exit; }
    done
  done
  for address in $found; do [[ " $seen " == *" $address "* ]] || seen+=" $address"; done
done
echo "$name is this Pi's address in the inventory. Here it stands for\${seen:- nothing}: no address\${2:+ of IPv$2} others reach it at. It has:\${own% }" >&2
echo 'Give one of those in the inventory, or make the name resolve to it on this Pi.' >&2
exit 1
`

/** Exit 0 where the Pi has this address now. Builtins only: it is asked in every run. */
function hasAddress(address: string): Shell {
  if (familyOf(address) === 4)
    return `p=; while read -r m a r; do [ "$m" != '|--' ] || p=$a; [ "$p $a $r" != '${address} host LOCAL' ] || exit 0; done </proc/net/fib_trie; false`
  return `while read -r a r; do [ "$a" != ${hexOf(address)} ] || exit 0; done </proc/net/if_inet6; false`
}

/** The 32 hexadecimal digits of an IPv6 address. */
function hexOf(address: string): string {
  const [head = '', tail] = spelled(address)
    .split('::')
    .map(part =>
      part
        .split(':')
        .filter(Boolean)
        .map(group => group.padStart(4, '0'))
        .join(''),
    )
  return tail === undefined ? head : head + '0'.repeat(32 - head.length - tail.length) + tail
}

/** Where every Pi can listen. */
const isAnywhere = (address: string) => address === '0.0.0.0' || address === '::' || address === '::1' || address.startsWith('127.')

/**
 * What a Pi needs to know its address: by name, or that it has it. An address that cannot serve fails the run, with the reason; a service
 * that waits for one that never comes would not tell.
 */
export function* knowsAddress(listen: Listen, family?: 4 | 6): Generator<AnyResource, readonly AnyResource[], AnyResource> {
  if ('address' in listen) {
    const { address } = listen
    if (isAnywhere(address)) return []
    const told =
      `${address} is no address of this Pi, so nothing can listen on it. Where it is reached through another machine, ` +
      'say where its services listen: the variable listen of the role. It has:'
    yield command(`${address} is an address of this Pi`, {
      unless: hasAddress(address),
      run: `(${hasAddress(address)}) || { echo ${quote(told)} $(hostname -I) >&2; false; }`,
    })
    return []
  }
  const program = yield file(ownAddressPath, ownAddressProgram, { mode: '0755' })
  const asks = asksOwnAddress(listen.name, family)
  yield command(`${listen.name} is an address of this Pi${family === undefined ? '' : ` (IPv${family})`}`, {
    unless: asks,
    run: `${asks} >/dev/null`,
  })
  return [program]
}

/** A word of bash text: the address at which a service that listens so is reached on its own Pi. */
export function reachedAt(listen: Listen): Shell {
  if ('name' in listen) return `$(${asksOwnAddress(listen.name)})`
  return ({ '0.0.0.0': '127.0.0.1', '::': '::1' } as Readonly<Record<string, string>>)[listen.address] ?? listen.address
}

/** Bash text that asks for a page of a service on its own Pi and prints the whole answer; within `seconds`. */
export function asksPage(listen: Listen, port: number, path: string, seconds: number): Shell {
  return `a=${reachedAt(listen)} && exec 3<>"/dev/tcp/$a/${port}" && printf 'GET %s HTTP/1.0\\r\\n\\r\\n' ${quote(path)} >&3 && timeout ${seconds} cat <&3`
}

import { pbkdf2Sync } from 'node:crypto'

/**
 * The key of a WPA2 network in hexadecimal, IEEE 802.11i: PBKDF2 of the passphrase, salted with the network's name. The card then holds
 * what lets into this one network, not the words a person may use elsewhere. 64 hexadecimal digits are such a key already.
 */
export function psk(ssid: string, passphrase: string): string {
  if (/^[0-9a-f]{64}$/i.test(passphrase)) return passphrase.toLowerCase()
  return pbkdf2Sync(passphrase, ssid, 4096, 32, 'sha1').toString('hex')
}

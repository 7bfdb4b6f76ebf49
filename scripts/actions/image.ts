import { existsSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { inventoryOf } from '../../cli/inventory.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { print, prompt, tell } from '../../cli/output.ts'
import { UsageError } from '../../engine/errors.ts'
import { didYouMean } from '../../engine/inventory/nearest.ts'
import { displayPath } from '../../engine/inventory/paths.ts'
import { openSecrets } from '../../engine/secrets/secrets.ts'
import { resolveSsh } from '../../engine/ssh/config.ts'
import { fingerprint } from '../../engine/ssh/known-hosts.ts'
import { writeWhole } from '../../engine/whole-file.ts'
import { cardOf } from '../../image/card.ts'
import { formats, type Format } from '../../image/detect.ts'
import { cloudInitFiles } from '../../image/formats/cloud-init.ts'
import { held, mustBeAsWanted } from '../../image/held.ts'
import { pin } from '../../image/host-key.ts'
import { loginKeys } from '../../image/login-keys.ts'
import { writeImage } from '../../image/write.ts'
import { fleetOf } from './fleet-of.ts'

/** The command lines of `image`. */
export interface WriteFlags {
  readonly base: string
  readonly out: string
  readonly sha256?: string
  readonly format?: string
  readonly key?: readonly string[]
  readonly force?: true
  /** The card it had before is dead: keys that it was known by are known no more. */
  readonly replaces?: true
}
export interface VerifyFlags {
  readonly format?: string
  readonly key?: readonly string[]
}
export interface SeedFlags {
  readonly out: string
  readonly key?: readonly string[]
}

/** Writes the image of a host, and writes its key down among the known ones. */
export async function write(name: string, flags: WriteFlags & CommonOptions): Promise<void> {
  const format = formatNamed(flags.format)
  if (!existsSync(flags.base))
    throw new UsageError(`there is no ${flags.base}`, 'download one: https://www.raspberrypi.com/software/operating-systems/')
  if (existsSync(flags.out) && !statSync(flags.out).isFile()) {
    throw new UsageError(
      `${flags.out} is no file`,
      'let --out be a file; it is written to a card by Raspberry Pi Imager ("use custom"), or by dd',
    )
  }
  if (existsSync(flags.out) && !flags.force) throw new UsageError(`${flags.out} is there already`, 'replace it: --force')
  const { card, hostKey, target } = await prepared(name, flags, flags.key)
  let remembered: string | undefined
  const written = await writeImage({
    base: flags.base,
    out: flags.out,
    card,
    ...(format && { format }),
    ...(flags.sha256 !== undefined && { sha256: flags.sha256 }),
    progress: process.stderr.isTTY ? onOneLine() : () => {},
    beforeNamed: async () => void (remembered = await pin(target, hostKey, { replaces: flags.replaces === true })),
  })
  const key = fingerprint(hostKey.blob)
  if (written.checkedBy === undefined) tell(`Nobody says what ${flags.base} must be: --sha256 SUM checks it. It is ${written.base}.`)
  if (remembered !== undefined) tell(`${name}: remembers its host key ${key} in ${remembered}`)
  print(
    flags.json,
    { host: name, image: path.resolve(flags.out), ...written, hostKey: key },
    () =>
      `${flags.out} is the card of ${name}, by ${written.format}: ${written.files.join(', ')}\nnext: write it to a card (Raspberry Pi Imager, "use custom"), start the Pi, and provision ${name}\n`,
  )
}

/** Lists what an image holds. */
export async function verify(name: string, image: string, flags: VerifyFlags & CommonOptions): Promise<void> {
  if (!existsSync(image)) throw new UsageError(`there is no ${image}`)
  const { card, hostKey, target } = await prepared(name, flags, flags.key)
  const found = await held(image, card, formatNamed(flags.format))
  const { user, wifi, network } = card
  print(flags.json, { host: name, ...found, hostKey: fingerprint(hostKey.blob) }, () =>
    [
      `${image}: the card of ${name}, read by ${found.format}`,
      ...found.files.map(({ name: file, is }) => `  ${file}: ${is}`),
      `  wanted: user ${user.name}, ${user.keys.length} ${user.keys.length === 1 ? 'key' : 'keys'}, sudo ${user.passwordHash === undefined ? 'without' : 'with'} a password`,
      `  wanted: host key ${fingerprint(hostKey.blob)}, at ${target.address}`,
      `  wanted: ${wifi ? `Wi-Fi ${wifi.ssid}` : 'no Wi-Fi'}, ${network ? `${network.interface} has ${network.address}` : 'the address is the router’s'}`,
      '',
    ].join('\n'),
  )
  mustBeAsWanted(found, image, name)
}

/** Writes a NoCloud seed. */
export async function seed(name: string, flags: SeedFlags & CommonOptions): Promise<void> {
  const { card, hostKey, target } = await prepared(name, flags, flags.key)
  mkdirSync(flags.out, { recursive: true, mode: 0o700 })
  const files = cloudInitFiles(card).filter(file => file.name !== 'ssh')
  // They hold the Pi's own key.
  for (const file of files) writeWhole(path.join(flags.out, file.name), file.text, { mode: 0o600 })
  await pin(target, hostKey)
  print(
    flags.json,
    { host: name, folder: path.resolve(flags.out), files: files.map(file => file.name) },
    () => `${files.map(file => `${path.join(flags.out, file.name)}\n`).join('')}`,
  )
}

async function prepared(name: string, options: CommonOptions, keys: readonly string[] = []) {
  const fleet = await fleetOf('image', options)
  const host = fleet.hosts.find(each => each.name === name)
  if (!host) {
    const names = fleet.hosts.map(each => each.name)
    throw new UsageError(
      `there is no host ${name} in ${displayPath(fleet.file, process.cwd())}`,
      didYouMean(name, names) ?? `there is: ${names.join(', ')}`,
    )
  }
  const target = await resolveSsh(host, fleet)
  const secrets = openSecrets(inventoryOf('image', options))
  return { target, ...(await cardOf(host, target.user, await loginKeys(target, keys), secrets)) }
}

function formatNamed(given: string | undefined): Format | undefined {
  if (given === undefined) return undefined
  const format = formats.find(each => each === given)
  if (!format) throw new UsageError(`there is no format ${given}`, didYouMean(given, formats) ?? `there is: ${formats.join(', ')}`)
  return format
}

/** Shows how far a copy is on one line of a terminal, ten times a second at most. */
function onOneLine(): (done: number, of: number) => void {
  let last = 0
  return (done, of) => {
    const now = Date.now()
    if (now - last < 100 && done < of) return
    last = now
    prompt(`\rcopying ${((100 * done) / of).toFixed(0)} %${done < of ? '' : '\n'}`)
  }
}

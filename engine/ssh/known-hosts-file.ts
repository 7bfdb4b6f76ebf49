import { mkdir, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Failed } from '../errors.ts'
import { writeWhole } from '../whole-file.ts'
import { hostPattern, knownHostLine, lookup, parseKnownHosts, type KnownHost } from './known-hosts.ts'

/**
 * Reads known_hosts files; one that is not there counts as empty.
 * @throws Failed (`known-hosts`) when one is there and cannot be read: what it would have refused must not be accepted.
 */
export async function readKnownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
  const read = async (file: string): Promise<readonly KnownHost[]> => {
    try {
      return parseKnownHosts(await readFile(file, 'utf8'), file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw new Failed({
        code: 'known-hosts',
        message: `the known hosts in ${file} cannot be read: ${(error as Error).message}`,
        hint: 'no host is trusted until they can be',
      })
    }
  }
  return (await Promise.all(files.map(read))).flat()
}

/**
 * Adds a key to a known_hosts file (0600, its folder 0700), in one write, so that lines of several processes never mix.
 * Names are hashed when the file has hashed ones already. False where nothing can be kept: /dev/null is no file.
 */
export async function appendKnownHost(file: string, host: string, port: number, key: Buffer): Promise<boolean> {
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const handle = await open(file, 'a+', 0o600)
    try {
      if ((await handle.stat()).isCharacterDevice()) return false
      const text = await handle.readFile('utf8')
      const line = knownHostLine(host, port, key, { hash: /^(@\S+\s+)?\|1\|/m.test(text) })
      const newline = text === '' || text.endsWith('\n') ? '' : '\n'
      await handle.write(`${newline}${line}\n`)
      await handle.sync()
      return true
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw new Failed({ code: 'known-hosts', message: `the key of ${host} cannot be added to ${file}: ${(error as Error).message}` })
  }
}

/**
 * Forgets the keys of a host, as `ssh-keygen -R` does: lines that name it alone. Lines that are about others too, revoked keys and
 * authorities stay. True where there was one.
 * @throws Failed (`known-hosts`) where a line names it among others: that is a person's own, and would still speak for the old key
 */
export async function forgetKnownHost(files: readonly string[], host: string, port: number): Promise<boolean> {
  let found = false
  for (const file of files) {
    const lines = lookup(await readKnownHosts([file]), host, port).filter(({ marker }) => marker === undefined)
    const shared = lines.find(({ hosts }) => !hosts.startsWith('|') && hosts.toLowerCase() !== hostPattern(host, port))
    if (shared)
      throw new Failed({
        code: 'known-hosts',
        message: `${file}:${shared.line} knows ${host} among others (${shared.hosts}), by the key of its former card`,
        hint: 'take it out of that line, then run again',
      })
    if (lines.length === 0) continue
    found = true
    const gone = new Set(lines.map(({ line }) => line))
    const text = await readFile(file, 'utf8')
    writeWhole(
      file,
      text
        .split('\n')
        .filter((_, index) => !gone.has(index + 1))
        .join('\n'),
      { mode: 0o600 },
    )
  }
  return found
}

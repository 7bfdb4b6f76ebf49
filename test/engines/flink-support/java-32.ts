import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recipeHere } from '../../../lab/root/machine.ts'

/** Can a JVM of 32 bits be fetched and run here? It is a package of Debian for i386, in a root of its own. */
export const possible32 =
  process.arch === 'x64' &&
  process.getuid?.() === 0 &&
  ['apt-get', 'dpkg', 'chroot'].every(program => spawnSync('which', [program], { stdio: 'ignore' }).status === 0)

/** A JVM of 32 bits that is on this machine's disk and not installed. */
export class Java32 {
  readonly folder: string
  readonly #java: string

  private constructor(folder: string, java: string) {
    this.folder = folder
    this.#java = java
  }

  /** `release` of Debian has `version` of Java, e.g. 8 in sid. Whoever asks removes `folder`. */
  static async fetch(release: string, version: number): Promise<Java32> {
    const [source] = (await recipeHere('bookworm', 'amd64')).sources
    if (source === undefined) throw new Error('apt knows no mirror of Debian here')
    const folder = mkdtempSync(join(tmpdir(), `java-${version}-i386-`))
    for (const made of ['lists/partial', 'cache/archives/partial', 'root']) mkdirSync(join(folder, made), { recursive: true })
    writeFileSync(join(folder, 'status'), '')
    writeFileSync(join(folder, 'sources.list'), `${source.replace(' bookworm ', ` ${release} `)}\n`)
    const options = Object.entries({
      'APT::Architecture': 'i386',
      'APT::Architectures::': 'i386',
      'Dir::Etc::sourcelist': join(folder, 'sources.list'),
      'Dir::Etc::sourceparts': '-',
      'Dir::State::lists': join(folder, 'lists'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': join(folder, 'cache'),
    }).flatMap(([key, value]) => ['-o', `${key}=${value}`])
    const apt = (...words: string[]) => execFileSync('apt-get', [...options, ...words], { cwd: folder, stdio: 'ignore' })
    apt('update')
    apt('download', `openjdk-${version}-jre-headless`, 'libc6', 'zlib1g', 'libgcc-s1', 'libstdc++6')
    for (const name of readdirSync(folder).filter(each => each.endsWith('.deb')))
      execFileSync('dpkg', ['-x', join(folder, name), join(folder, 'root')])
    // Debian has merged /lib with /usr/lib, and the link is in another package.
    if (!readdirSync(join(folder, 'root')).includes('lib')) symlinkSync('usr/lib', join(folder, 'root/lib'))
    const home = `/usr/lib/jvm/java-${version}-openjdk-i386`
    return new Java32(folder, readdirSync(join(folder, 'root', home)).includes('jre') ? `${home}/jre` : home)
  }

  /** What it says, on both, and how it ends. */
  run(...flags: string[]): { readonly code: number | null; readonly said: string } {
    const libraries = ['lib', 'lib/jli', 'lib/i386', 'lib/i386/jli'].map(folder => `${this.#java}/${folder}`).join(':')
    const { status, stdout, stderr } = spawnSync('chroot', [join(this.folder, 'root'), `${this.#java}/bin/java`, ...flags], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LD_LIBRARY_PATH: libraries },
    })
    return { code: status, said: stdout + stderr }
  }
}

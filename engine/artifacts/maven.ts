import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Artifact } from '../resources/archive.ts'
import { Failed } from '../errors.ts'
import { cached, type ArtifactOptions } from './cache.ts'
import { pack } from './pack.ts'
import { differences, parseSums, sumsOf, sumsText, type Sums } from './sums.ts'

export interface MavenOptions extends ArtifactOptions {
  /** Jars that are not needed, by file name: other platforms' natives, tools. */
  readonly leaveOut?: readonly RegExp[]
  /** The Maven program; `mvn` by default. */
  readonly program?: string
}

// The version is part of what is made: it decides how files are named.
const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

/** The list of SHA-512 sums that belongs to a pom: `pom.sha512` beside `pom.xml`. */
const sumsFile = (pomFile: string) => pomFile.replace(/\.xml$/, '.sha512')

/**
 * The runtime closure of a pom as one archive with a `lib` folder. Maven resolves it with the user's own settings and mirrors, and refuses
 * what does not have the repository's sum. Then each file must have the sum that is pinned beside the pom, wherever it came from: a mirror
 * and what Maven keeps on this machine are not trusted. That happens once for a pom and its sums, later calls do not start Maven.
 * @throws {Failed} with each file that is another one
 */
export async function packMaven(pomFile: string, options: MavenOptions = {}): Promise<Artifact> {
  const { leaveOut = [], program = 'mvn' } = options
  const pom = await readFile(pomFile, 'utf8')
  const pinned = await readFile(sumsFile(pomFile), 'utf8').catch(() => {
    throw new Failed({
      message: `${sumsFile(pomFile)} is missing: what Maven brings cannot be checked`,
      hint: `take it back from version control, or make it: npm run pin:jars -- ${pomFile}`,
    })
  })
  return cached(['maven', goal, pom, pinned, ...leaveOut.map(String)], options, async (folder, packed) => {
    options.progress?.(`resolving ${pomFile} with Maven; the first time this downloads`)
    const content = join(folder, 'content')
    const lib = join(content, 'lib')
    await mkdir(lib, { recursive: true })
    await resolve(program, pomFile, lib)
    refuseOthers(pomFile, await sumsOf(lib), parseSums(pinned, sumsFile(pomFile)))
    await Promise.all((await readdir(lib)).filter(jar => leaveOut.some(pattern => pattern.test(jar))).map(jar => rm(join(lib, jar))))
    options.progress?.(`packing ${pomFile}`)
    await pack(content, packed)
  })
}

/**
 * Writes the list of sums beside a pom, of what its repository gives now: all of it is downloaded anew, into a repository of its own. What
 * changed is for a person to look at before it is kept.
 */
export async function pinMaven(pomFile: string, options: Pick<MavenOptions, 'program'> = {}): Promise<Sums> {
  const folder = await mkdtemp(join(tmpdir(), 'temperature-fleet-pin-'))
  try {
    const lib = join(folder, 'lib')
    await resolve(options.program ?? 'mvn', pomFile, lib, [`-Dmaven.repo.local=${join(folder, 'repository')}`])
    const sums = await sumsOf(lib)
    await writeFile(
      sumsFile(pomFile),
      `# All jars that ${basename(pomFile)} asks for. Written by: npm run pin:jars -- POM\n${sumsText(sums)}`,
    )
    return sums
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function refuseOthers(pomFile: string, found: Sums, wanted: Sums): void {
  const other = differences(found, wanted)
  if (other.length === 0) return
  throw new Failed({
    message: `what Maven resolved of ${pomFile} is not what is pinned beside it`,
    output: other,
    hint:
      'nothing was packed. A file of another content: remove it below ~/.m2/repository and run again; ' +
      `where it comes back the same, do not trust the repository or mirror it comes from. Where you changed the pom: npm run pin:jars -- ${pomFile}, and look at what changed`,
  })
}

async function resolve(program: string, pomFile: string, to: string, more: readonly string[] = []): Promise<void> {
  const { execa, ExecaError } = await import('execa')
  try {
    await execa(program, ['-B', '-q', '-C', '-f', pomFile, goal, '-DincludeScope=runtime', `-DoutputDirectory=${to}`, ...more], {
      stdin: 'ignore',
      all: true,
    })
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    if (error.code === 'ENOENT')
      throw new Failed({
        message: 'Maven is needed on this machine, and is not installed',
        hint: 'on Debian and Ubuntu: sudo apt install maven; then run again. Nothing was changed.',
      })
    const wrongSum = /checksum validation failed/i.test(String(error.all ?? ''))
    // The line that says what is wrong ends with a reference to its own explanation.
    const lines = String(error.all ?? error.shortMessage)
      .split('\n')
      .map(line => line.replace(/ -> \[Help \d\]$/, ''))
      .filter(line => line.includes('ERROR') && !/\[Help \d\]|-e switch|-X switch|For more information|^\[ERROR\] *$/.test(line))
    throw new Failed({
      message: `Maven cannot resolve ${pomFile}`,
      output: lines.slice(0, 6),
      hint: wrongSum
        ? 'a file does not have the sum its repository gives for it: it was damaged on its way or changed. ' +
          'Run again; where it stays so, do not trust that repository or mirror'
        : 'is its repository reachable from here, and do the settings of Maven (~/.m2/settings.xml) name the mirror and proxy to use?',
    })
  }
}

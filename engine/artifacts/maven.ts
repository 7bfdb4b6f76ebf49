import { execa, ExecaError } from 'execa'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artifact } from '../resources/archive.ts'
import { Failed } from '../run/failure.ts'
import { cached, type ArtifactOptions } from './cache.ts'
import { pack } from './pack.ts'

export interface MavenOptions extends ArtifactOptions {
  /** Jars that are not needed, by file name: other platforms' natives, tools. */
  readonly leaveOut?: readonly RegExp[]
  /** The Maven program; `mvn` by default. */
  readonly program?: string
}

// The version is part of what is made: it decides how files are named.
const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

/**
 * The runtime closure of a pom as one archive with a `lib` folder. Maven resolves it with the user's own settings and mirrors and
 * checks its sums; that happens once for a pom, later calls do not start it.
 */
export async function packMaven(pomFile: string, options: MavenOptions = {}): Promise<Artifact> {
  const { leaveOut = [], program = 'mvn' } = options
  const pom = await readFile(pomFile, 'utf8')
  return cached(['maven', goal, pom, ...leaveOut.map(String)], options, async (folder, packed) => {
    options.progress?.(`resolving ${pomFile} with Maven; the first time this downloads`)
    const content = join(folder, 'content')
    const lib = join(content, 'lib')
    await resolve(program, pomFile, lib)
    const jars = await readdir(lib).catch(() => [])
    await Promise.all(jars.filter(jar => leaveOut.some(pattern => pattern.test(jar))).map(jar => rm(join(lib, jar))))
    options.progress?.(`packing ${pomFile}`)
    await pack(content, packed)
  })
}

async function resolve(program: string, pomFile: string, to: string): Promise<void> {
  try {
    await execa(program, ['-B', '-q', '-f', pomFile, goal, '-DincludeScope=runtime', `-DoutputDirectory=${to}`], { stdin: 'ignore', all: true })
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    if (error.code === 'ENOENT')
      throw new Failed({ message: 'Maven is needed on this machine, and is not installed', hint: 'on Debian and Ubuntu: sudo apt install maven; then run again. Nothing was changed.' })
    const lines = String(error.all ?? error.shortMessage).split('\n').filter(line => line.includes('ERROR') && !/\[Help \d\]|-e switch|-X switch|^\[ERROR\] *$/.test(line))
    throw new Failed({
      message: `Maven cannot resolve ${pomFile}`,
      output: lines.slice(0, 6),
      hint: 'is its repository reachable from here, and do the settings of Maven (~/.m2/settings.xml) name the mirror and proxy to use?',
    })
  }
}

import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failed } from '../../../../engine/errors.ts'
import { packMaven, type ArtifactOptions } from '../../../../engine/artifacts/index.ts'
import { cached } from '../../../../engine/artifacts/cache.ts'
import { pack } from '../../../../engine/artifacts/pack.ts'
import type { Artifact } from '../../../../engine/resources/archive.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/**
 * The program that submits SQL, compiled here against the jars it runs with: Java is here, for Maven needs it, and a compiler comes with
 * Maven. Flink's own SQL client wants Flink's Python, another 100 MB, to start. Made once for a version of both.
 * @throws {Failed} where it cannot be compiled
 */
export async function packSubmitter(flink: Artifact, options: ArtifactOptions = {}): Promise<Artifact> {
  const source = here('SubmitSql.java')
  const compiler = await packMaven(here('pom.xml'), options)
  return cached(['flink submitter', await readFile(source, 'utf8'), flink.sha256, compiler.sha256], options, async (folder, packed) => {
    options.progress?.('compiling what submits jobs to Flink')
    const content = join(folder, 'content')
    await mkdir(content)
    const jars = await mkdtemp(join(dirname(packed), 'jars-'))
    try {
      for (const artifact of [flink, compiler]) await run('tar', ['-xzf', artifact.path, '-C', jars])
      const path = `${jars}/lib/*`
      // This compiler takes no `*` in a class path that it is given as an option.
      const { stdout } = await run('bash', ['-c', `printf '%s:' ${path}`])
      await run('java', [
        '-Xmx256m',
        '-XX:+UseSerialGC',
        '-cp',
        path,
        'org.eclipse.jdt.internal.compiler.batch.Main',
        ...['-nowarn', '--release', '11', '-cp', stdout, '-d', content, source],
      ])
      await pack(content, packed)
    } finally {
      await rm(jars, { recursive: true, force: true })
    }
  })
}

async function run(program: string, words: readonly string[]): Promise<{ readonly stdout: string }> {
  const { execa, ExecaError } = await import('execa')
  try {
    return await execa(program, words, { stdin: 'ignore' })
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    throw new Failed({
      message: 'what submits jobs to Flink cannot be compiled on this machine',
      output: String(error.stderr ?? error.shortMessage)
        .split('\n')
        .slice(-6),
      hint:
        program === 'java'
          ? 'Java 11 or later is needed here, as Maven needs it: on Debian, sudo apt install default-jre-headless'
          : 'see above',
    })
  }
}

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packMaven } from '../../../engine/artifacts/index.ts'
import { packFlink } from '../../../roles/flink/artifact.ts'
import type { StateBackend } from '../../../roles/flink/memory/place.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Java and Maven are here. */
export const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: a real Flink: Java or Maven is missing (apt-get install default-jre-headless maven)')

/** Flink as it is on a Pi, and a compiler. */
export class FlinkKit {
  readonly directory: string

  private constructor(directory: string) {
    this.directory = directory
  }

  static async make(backend: StateBackend = 'hashmap'): Promise<FlinkKit> {
    const kit = new FlinkKit(mkdtempSync(join(tmpdir(), 'flink-test-')))
    for (const [folder, artifact] of [
      ['flink', await packFlink(backend)],
      ['compiler', await packMaven(here('pom.xml'))],
    ] as const) {
      mkdirSync(join(kit.directory, folder))
      execFileSync('tar', ['-xzf', artifact.path, '-C', join(kit.directory, folder)])
    }
    return kit
  }

  /** The jars of a Pi. */
  get lib(): string {
    return join(this.directory, 'flink/lib')
  }

  /** Compiles a class of this folder. Returns the class path it runs with. */
  compiled(name: string): string {
    const classes = join(this.directory, 'classes')
    const jars = execFileSync('bash', ['-c', `printf '%s:' ${this.lib}/*.jar`], { encoding: 'utf8' })
    const words = ['org.eclipse.jdt.internal.compiler.batch.Main', '-nowarn', '-17', '-cp', jars, '-d', classes, here(`${name}.java`)]
    execFileSync('java', ['-Xmx256m', '-XX:+UseSerialGC', '-cp', `${this.directory}/compiler/lib/*`, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    return `${classes}:${this.lib}/*`
  }

  destroy(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

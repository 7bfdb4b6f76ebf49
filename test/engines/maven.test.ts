import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { packMaven, pinMaven } from '../../engine/artifacts/index.ts'
import { Failed } from '../../engine/errors.ts'

const possible = spawnSync('mvn', ['-v'], { stdio: 'ignore' }).status === 0
if (!possible) console.warn('SKIPPED: a real Maven: it is missing (apt-get install maven)')

const sha = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex')

describe.skipIf(!possible)('a real Maven', () => {
  let folder: string
  let cache: string
  let pom: string
  let program: string
  /** Where Maven keeps what it has, and what it was given by the repository. */
  const own = () => join(folder, 'own/example/thing/1')
  const served = () => join(folder, 'repository/example/thing/1')

  /** Puts a jar of this content into the repository. `sum`: of which content the repository gives the sum. */
  function serve(content: string, sum = content): void {
    mkdirSync(served(), { recursive: true })
    const model =
      '<project><modelVersion>4.0.0</modelVersion><groupId>example</groupId><artifactId>thing</artifactId><version>1</version></project>'
    for (const [name, text, summed] of [
      ['thing-1.jar', content, sum],
      ['thing-1.pom', model, model],
    ] as const) {
      writeFileSync(join(served(), name), text)
      writeFileSync(join(served(), `${name}.sha1`), sha('sha1', summed))
    }
  }

  const refused = async () => {
    const error = await packMaven(pom, { cache, program }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(Failed)
    expect(readdirSync(cache)).toEqual([])
    return (error as Failed).failure
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'temperature-fleet-test-'))
    cache = join(folder, 'cache')
    pom = join(folder, 'pom.xml')
    program = join(folder, 'mvn')
    // What is in the user's own local repository is left alone.
    writeFileSync(program, `#!/bin/sh\nexec mvn -Dmaven.repo.local='${join(folder, 'own')}' "$@"\n`)
    chmodSync(program, 0o755)
    writeFileSync(
      pom,
      `<project><modelVersion>4.0.0</modelVersion><groupId>test</groupId><artifactId>test</artifactId><version>1</version><packaging>pom</packaging>
<repositories><repository><id>changed</id><url>file://${join(folder, 'repository')}</url></repository></repositories>
<dependencies><dependency><groupId>example</groupId><artifactId>thing</artifactId><version>1</version></dependency></dependencies></project>\n`,
    )
    writeFileSync(join(folder, 'pom.sha512'), `${sha('sha512', 'good')}  thing-1.jar\n`)
    mkdirSync(cache)
  })
  beforeEach(() => {
    for (const each of [join(folder, 'own/example'), cache]) rmSync(each, { recursive: true, force: true })
    mkdirSync(cache)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('does not take a jar whose sum in the repository is another one', async () => {
    serve('evil', 'good')
    const { message, output = [], hint } = await refused()
    expect(message).toContain('cannot resolve')
    expect(output.join('\n')).toMatch(/checksum validation failed/i)
    expect(output.join('\n')).toContain('thing')
    expect(hint).toContain('do not trust')
  })

  test('a repository that gives another jar with its sum is found out by the pinned one', async () => {
    serve('evil')
    const { output } = await refused()
    expect(output).toEqual([`thing-1.jar: its sha512 is ${sha('sha512', 'evil')}, and must be ${sha('sha512', 'good')}`])
  })

  test('so is a jar that was changed in the local repository, which Maven never looks at again', async () => {
    serve('good')
    await packMaven(pom, { cache, program })
    rmSync(cache, { recursive: true })
    mkdirSync(cache)
    writeFileSync(join(own(), 'thing-1.jar'), 'evil')
    expect((await refused()).output?.[0]).toMatch(/^thing-1\.jar: its sha512 is /)
  })

  test('pins what the repository gives now, whatever the local one has', async () => {
    serve('good')
    await packMaven(pom, { cache, program })
    serve('newer')
    const sums = await pinMaven(pom, { program })
    expect([...sums]).toEqual([['thing-1.jar', sha('sha512', 'newer')]])
    rmSync(join(folder, 'own/example'), { recursive: true })
    await packMaven(pom, { cache, program })
  })
})

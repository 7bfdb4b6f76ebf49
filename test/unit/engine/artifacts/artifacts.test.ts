import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fromTarball, packMaven } from '../../../../engine/artifacts/index.ts'
import { pack } from '../../../../engine/artifacts/pack.ts'
import { Failed } from '../../../../engine/errors.ts'

let folder: string
let cache: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'temperature-fleet-test-'))
  cache = join(folder, 'cache')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const listed = (file: string) => execFileSync('tar', ['-tzf', file]).toString().trim().split('\n')
const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Failed)
  return (error as Failed).failure
}

/** A program that stands where Maven does: notes how it was called and copies jars. */
function maven(script: string): string {
  const program = join(folder, 'mvn')
  writeFileSync(
    program,
    `#!/bin/sh\necho "$*" >>${folder}/calls\nfor word; do case $word in -DoutputDirectory=*) to=\${word#*=} ;; esac; done\n${script}\n`,
  )
  chmodSync(program, 0o755)
  return program
}
const calls = () => (existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [])

describe('pack', () => {
  it('gives the same bytes for the same files, whenever and in whatever order they came', async () => {
    for (const [name, files] of [
      ['one', ['a', 'b']],
      ['two', ['b', 'a']],
    ] as const) {
      mkdirSync(join(folder, name))
      for (const file of files) writeFileSync(join(folder, name, file), file, { mode: name === 'one' ? 0o600 : 0o644 })
      utimesSync(join(folder, name, 'a'), name.length, name === 'one' ? 1 : 2)
      await pack(join(folder, name), join(folder, `${name}.tar.gz`))
    }
    expect(readFileSync(join(folder, 'one.tar.gz')).equals(readFileSync(join(folder, 'two.tar.gz')))).toBe(true)
  })
})

describe('packMaven', () => {
  const copies = 'mkdir -p "$to"; for jar in server-1.jar native-linux.jar native-windows.jar; do echo $jar >"$to/$jar"; done'
  const sum = (text: string) => createHash('sha512').update(text).digest('hex')
  const pin = (jars: readonly string[]) =>
    writeFileSync(join(folder, 'pom.sha512'), ['# All jars', ...jars.map(jar => `${sum(`${jar}\n`)}  ${jar}`), ''].join('\n'))
  const pom = () => {
    writeFileSync(join(folder, 'pom.xml'), '<project/>')
    pin(['server-1.jar', 'native-linux.jar', 'native-windows.jar'])
    return join(folder, 'pom.xml')
  }

  it('packs the closure without what is left out, and starts Maven once', async () => {
    const program = maven(copies)
    const told: string[] = []
    const options = { cache, program, leaveOut: [/-windows/], progress: (doing: string) => told.push(doing) }
    const first = await packMaven(pom(), options)
    expect(listed(first.path)).toEqual(['./', './lib/', './lib/native-linux.jar', './lib/server-1.jar'])
    expect(first.path).toBe(join(cache, `${first.sha256}.tar.gz`))
    expect(createHash('sha256').update(readFileSync(first.path)).digest('hex')).toBe(first.sha256)
    expect(told).toHaveLength(2)
    expect(await packMaven(pom(), options)).toEqual(first)
    expect(calls()).toHaveLength(1)
    expect(calls()[0]).toMatch(/^-B -q -C -f \S+pom\.xml \S+:copy-dependencies -DincludeScope=runtime -DoutputDirectory=/)
    expect(told).toHaveLength(2)
    expect(readdirSync(cache).filter(name => name.startsWith('making-'))).toEqual([])
  })

  it('makes it again for another pom, other options, or when the packed file is gone', async () => {
    const program = maven(copies)
    const first = await packMaven(pom(), { cache, program })
    const less = await packMaven(pom(), { cache, program, leaveOut: [/native/] })
    expect(less.sha256).not.toBe(first.sha256)
    rmSync(first.path)
    expect((await packMaven(pom(), { cache, program })).sha256).toBe(first.sha256)
    expect(calls()).toHaveLength(3)
  })

  it('packs nothing where a jar is another one, is missing or is not pinned, and tells which, with both sums', async () => {
    const { message, output, hint } = await failure(
      packMaven(pom(), {
        cache,
        program: maven(`${copies}; echo evil >"$to/server-1.jar"; rm "$to/native-linux.jar"; echo >"$to/more.jar"`),
      }),
    )
    expect(message).toContain('is not what is pinned')
    expect(output).toEqual([
      `server-1.jar: its sha512 is ${sum('evil\n')}, and must be ${sum('server-1.jar\n')}`,
      'native-linux.jar is missing',
      'more.jar is not in the list',
    ])
    expect(hint).toContain('~/.m2/repository')
    expect(hint).toContain('npm run pin:jars')
    expect(readdirSync(cache)).toEqual([])
  })

  it('packs nothing where no sums are pinned, and none that are unreadable', async () => {
    const file = pom()
    writeFileSync(join(folder, 'pom.sha512'), 'no sum\n')
    expect((await failure(packMaven(file, { cache, program: maven(copies) }))).message).toContain('no SHA-512 sum')
    rmSync(join(folder, 'pom.sha512'))
    expect((await failure(packMaven(file, { cache, program: maven(copies) }))).hint).toContain('npm run pin:jars')
    expect(calls()).toHaveLength(1)
  })

  it('packs anew when other sums are pinned', async () => {
    const program = maven(copies)
    const file = pom()
    await packMaven(file, { cache, program })
    pin(['server-1.jar'])
    expect((await failure(packMaven(file, { cache, program }))).output).toEqual([
      'native-linux.jar is not in the list',
      'native-windows.jar is not in the list',
    ])
  })

  it('says how to get Maven where it is missing', async () => {
    const { message, hint } = await failure(packMaven(pom(), { cache, program: join(folder, 'nothing') }))
    expect(message).toContain('Maven is needed')
    expect(hint).toContain('apt install maven')
  })

  it('shows what Maven complained about, and leaves nothing behind', async () => {
    const program = maven(
      'echo "[ERROR] Could not find artifact example:missing:jar:1"; echo "[ERROR] "; echo "[ERROR] To see the full stack trace, re-run Maven with the -e switch."; exit 1',
    )
    const { message, output, hint } = await failure(packMaven(pom(), { cache, program }))
    expect(message).toContain('cannot resolve')
    expect(output).toEqual(['[ERROR] Could not find artifact example:missing:jar:1'])
    expect(hint).toContain('settings.xml')
    expect(readdirSync(cache)).toEqual([])
  })
})

describe('fromTarball', () => {
  let bytes: Buffer
  let sha512: string
  beforeEach(() => {
    mkdirSync(join(folder, 'product-1.0/lib'), { recursive: true })
    writeFileSync(join(folder, 'product-1.0/lib/a.jar'), 'a')
    execFileSync('tar', ['-czf', join(folder, 'product.tar.gz'), '-C', folder, 'product-1.0'])
    bytes = readFileSync(join(folder, 'product.tar.gz'))
    sha512 = createHash('sha512').update(bytes).digest('hex')
  })

  it('takes a file', async () => {
    const made = await fromTarball(join(folder, 'product.tar.gz'), sha512.toUpperCase(), { cache })
    expect(listed(made.path)).toEqual(['./', './lib/', './lib/a.jar'])
  })

  it('fetches an address once', async () => {
    let served = 0
    const server = createServer((request, response) => {
      served++
      if (request.url === '/product.tar.gz') response.end(bytes)
      else response.writeHead(404, 'Not Found').end()
    })
    await new Promise<void>(done => void server.listen(0, '127.0.0.1', done))
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const made = await fromTarball(`${base}/product.tar.gz`, sha512, { cache })
      expect(await fromTarball(`${base}/product.tar.gz`, sha512, { cache })).toEqual(made)
      expect(served).toBe(1)
      const { message } = await failure(fromTarball(`${base}/other.tar.gz`, '0'.repeat(128), { cache }))
      expect(message).toContain('404 Not Found')
    } finally {
      server.close()
    }
  })

  it('refuses another content, a missing file and a sum that is none', async () => {
    expect((await failure(fromTarball(join(folder, 'product.tar.gz'), 'f'.repeat(128), { cache }))).message).toContain(
      'is not what it should be',
    )
    expect((await failure(fromTarball(join(folder, 'nothing.tar.gz'), sha512, { cache }))).message).toContain('cannot be had')
    expect((await failure(fromTarball(join(folder, 'product.tar.gz'), 'abc', { cache }))).message).toContain('128 hex digits')
    expect(readdirSync(cache)).toEqual([])
  })
})

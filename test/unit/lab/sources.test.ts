import { describe, expect, it } from 'vitest'
import { aptSettings } from '../../../lab/root/apt-settings.ts'
import { mirrorsIn, parseSources, sourceLines } from '../../../lab/root/sources.ts'

const deb822 = `Types: deb
# http://old.example/debian/2025
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: https://vendor.example/node_20.x
Suites: stable
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: trixie
Components: main
`

describe('the Debian mirrors of this machine', () => {
  it('are found in deb822 files', () => {
    expect(mirrorsIn(parseSources(deb822, 'sources'))).toEqual({
      main: 'http://mirror.example/debian',
      security: 'http://mirror.example/debian-security',
    })
  })

  it('are found in one-line files, with options and comments', () => {
    const list = `# deb http://no.example/debian bookworm main
deb [arch=amd64 signed-by=/x.gpg] https://proxy.example/repo/debian/ trixie main contrib
deb-src https://proxy.example/repo/debian trixie main
deb https://proxy.example/repo/debian-security trixie-security main`
    expect(mirrorsIn(parseSources(list, 'list'))).toEqual({
      main: 'https://proxy.example/repo/debian/',
      security: 'https://proxy.example/repo/debian-security',
    })
  })

  it('are none on another distribution, or when only this machine can read them', () => {
    expect(mirrorsIn(parseSources('deb http://archive.example/ubuntu noble main\ndeb file:/srv/debian bookworm main', 'list'))).toEqual({
      main: undefined,
      security: undefined,
    })
  })

  it('serve a host its own release', () => {
    const mirrors = { main: 'http://m.example/debian', security: 'http://m.example/debian-security' }
    expect(sourceLines(mirrors, 'trixie', 'amd64')).toEqual([
      'deb http://m.example/debian trixie main',
      'deb http://m.example/debian trixie-updates main',
      'deb http://m.example/debian-security trixie-security main',
    ])
    expect(sourceLines({ main: undefined, security: undefined }, 'trixie', 'amd64')).toEqual([])
  })

  it.runIf(process.arch === 'x64')('serve a foreign architecture the main suite only', () => {
    const mirrors = { main: 'http://m.example/debian', security: 'http://m.example/debian-security' }
    expect(sourceLines(mirrors, 'bookworm', 'armhf')).toEqual(['deb http://m.example/debian bookworm main'])
  })
})

describe('apt settings of a host', () => {
  it('take over proxies and date checks, and nothing else', () => {
    const dump =
      'APT::Architecture "amd64";\nAcquire::http::Proxy "http://proxy:3128";\nAcquire::Check-Date "false";\nAcquire::https::Proxy "";\nDir::Cache "var";'
    expect(aptSettings(dump, { https_proxy: 'http://other:1' })).toEqual([
      'Acquire::Languages "none";',
      'Acquire::Retries "3";',
      'Acquire::http::Proxy "http://proxy:3128";',
      'Acquire::Check-Date "false";',
      'Acquire::https::Proxy "http://other:1";',
    ])
  })

  it("leave the machine's own retries", () => {
    expect(aptSettings('Acquire::Retries "9";', {})).toEqual(['Acquire::Languages "none";', 'Acquire::Retries "9";'])
  })
})

import { expect, test } from 'vitest'
import { asksPackages, readPackages, refuseOtherRelease, upgradesPackages } from '../../../../engine/upgrade/index.ts'
import { bash } from '../bash.ts'

const said = `release=bookworm
suite=bookworm
suite=bookworm-updates
suite=bookworm-security
Reading package lists...
Inst mariadb-server [1:10.11.3-1] (1:10.11.11-0+deb12u1 Debian:12.11/stable [amd64])
Inst libssl3 [3.0.15-1] (3.0.16-1 Debian-Security:12/stable-security [amd64]) []
Inst linux-new (6.1 Debian:12/stable [amd64])
Conf mariadb-server (1:10.11.11-0+deb12u1 Debian:12.11/stable [amd64])
`

test('what would become newer is read; a package that is not there yet is none', () => {
  expect(readPackages(said)).toEqual({
    release: 'bookworm',
    suites: ['bookworm'],
    newer: [
      { name: 'mariadb-server', from: '1:10.11.3-1', to: '1:10.11.11-0+deb12u1' },
      { name: 'libssl3', from: '3.0.15-1', to: '3.0.16-1' },
    ],
  })
})

test('another Debian release is refused in place, whoever asks for it', () => {
  const pi = { name: 'mysql' }
  expect(() => refuseOtherRelease(pi, { release: 'bookworm', suites: ['bookworm'] })).not.toThrow()
  expect(() =>
    refuseOtherRelease({ ...pi, os: 'bookworm' }, { release: 'bookworm', suites: ['bookworm', 'stable', 'nodistro'] }),
  ).not.toThrow()
  expect(() => refuseOtherRelease({ ...pi, os: 'trixie' }, { release: 'bookworm', suites: ['bookworm'] })).toThrow(
    'mysql runs bookworm, and the inventory says trixie: a Debian release is not changed in place',
  )
  try {
    refuseOtherRelease(pi, { release: 'bookworm', suites: ['trixie'] })
    expect.fail()
  } catch (error) {
    expect(error).toMatchObject({
      message: expect.stringContaining('its package sources say trixie') as string,
      hint: expect.stringContaining('fleet replace mysql') as string,
    })
  }
})

test('are texts that a shell takes', () => {
  for (const text of [
    asksPackages(),
    asksPackages(['mariadb-server']),
    upgradesPackages(['mariadb'], ['mariadb-server']),
    upgradesPackages([]),
  ])
    expect(bash(`bash -n <<'END'\n${text}\nEND`)).toMatchObject({ code: 0, stderr: '' })
})

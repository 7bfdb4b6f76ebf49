import { expect, test } from 'vitest'
import { user } from '../../../../engine/resources/user.ts'
import { bash } from '../bash.ts'

const app = user('app', { home: '/var/lib/app', groups: ['video', 'adm'] })
const { kind } = app

test('one question for all users', () => {
  expect(kind.ask([app.spec, user('b').spec])).toBe(`getent passwd app b
for u in app b; do printf 'groups %s %s\\n' "$u" "$(id -Gn "$u" 2>/dev/null)"; done`)
})

test('reads home and groups; an unknown user is absent', () => {
  const output = 'app:x:999:999:The, app:/var/lib/app:/usr/sbin/nologin\ngroups app app video\ngroups b \n'
  expect(kind.read(output, [app.spec, user('b').spec])).toEqual([{ home: '/var/lib/app', groups: ['app', 'video'] }, undefined])
})

test.for([
  [
    undefined,
    ['create, home /var/lib/app, in video, adm'],
    "g=--user-group; ! getent group app >/dev/null || g='--gid app'; useradd --system $g --home-dir /var/lib/app --shell /usr/sbin/nologin -G video,adm app",
  ],
  [{ home: '/var/lib/app', groups: ['app', 'video', 'adm', 'more'] }, [], ''],
  [{ home: '/var/lib/app', groups: ['app', 'video'] }, ['add to adm'], 'usermod -aG adm app'],
  [{ home: '/home/app', groups: ['video', 'adm'] }, ['home /home/app → /var/lib/app'], 'usermod -d /var/lib/app app'],
] as const)('from %j', ([observed, does, run]) => {
  expect(kind.compare(app.spec, observed, []).map(change => change.does)).toEqual(does)
  if (run) expect(kind.change(app.spec, observed, [])).toEqual([{ run }])
})

test('a real passwd is understood', () => {
  const { stdout } = bash(kind.ask([user('root').spec, user('no-such-user').spec]))
  const [root, none] = kind.read(stdout, [user('root').spec, user('no-such-user').spec])
  expect(root).toEqual({ home: '/root', groups: expect.arrayContaining(['root']) as unknown })
  expect(none).toBeUndefined()
})

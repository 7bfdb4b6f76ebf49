import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Registry } from '../../engine/registry.ts'
import type { Authority } from '../../engine/ca/authority.ts'
import { namesOf } from '../../engine/ca/names.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import {
  apt,
  archive,
  certificate,
  command,
  directory,
  file,
  service,
  sysctl,
  user,
  type AnyResource,
  type Artifact,
} from '../../engine/resources/index.ts'
import { role, type RoleContext } from '../../engine/role.ts'
import type { HostResult, RunEvent } from '../../engine/run/events.ts'
import { provision } from '../../engine/run/provision.ts'
import { openSecrets } from '../../engine/secrets/secrets.ts'
import { down, labPaths, reset, up } from '../../lab/index.ts'
import { able, eventually, inside, minutes, Workplace } from './engine-support.ts'
import { labFleet, labHost } from './labtest.ts'

type Desired = (context: RoleContext<unknown, Authority>) => Generator<AnyResource, void, AnyResource>

const lab = { cpu: 1 }
const workplace = new Workplace()
const { identity, knownHosts } = labPaths('kinds')
const fleet: Fleet = {
  ...labFleet(
    [
      labHost('twelve', 11, { address: '10.78.4.11', model: 'rpi3b+', os: 'bookworm', roles: ['things'], lab }),
      labHost('thirteen', 12, { address: '10.78.4.12', model: 'rpi3b+', os: 'trixie', roles: ['things'], lab }),
    ],
    'kinds',
  ),
  file: join(workplace.folder, 'kinds.yaml'),
  ssh: { identity, knownHosts, connectTimeout: 5, keepalive: 5 },
}
const names = fleet.hosts.map(host => host.name)

interface Outcome {
  readonly results: ReadonlyMap<string, HostResult>
  readonly events: readonly RunEvent[]
  /** Everything that would be printed under `--json`, redacted as the command does. */
  readonly text: string
}

/** One run of the engine with these resources as the only role. */
async function converge(
  desired: Desired,
  options: {
    readonly check?: boolean
    readonly diff?: boolean
    readonly hosts?: readonly Host[]
    readonly stop?: AbortSignal
    on?(event: RunEvent): void
  } = {},
): Promise<Outcome> {
  const { check = false, diff = false, hosts = fleet.hosts, stop } = options
  const secrets = openSecrets(fleet.file, { preview: check, env: { ...process.env, ...workplace.env } })
  const events: RunEvent[] = []
  const things = role('things', { vars: z.object({}), memory: () => ({ all: 1 }), prepare: ({ authority }) => authority(), desired })
  const results = await provision(fleet, hosts, Registry.of({ things }), secrets, {
    check,
    diff,
    parallel: 4,
    acceptNewKeys: false,
    ...(stop && { stop }),
    on(event) {
      events.push(event)
      options.on?.(event)
    },
  })
  return {
    results,
    events,
    text: secrets.redactor.redact([...events, Object.fromEntries(results)].map(event => JSON.stringify(event)).join('\n')),
  }
}

const statuses = ({ results }: Outcome): readonly string[] =>
  [...results.values()].map(({ status, failure }) => (failure ? JSON.stringify(failure) : status))
const planned = ({ events }: Outcome, host: string): readonly string[] =>
  events.flatMap(event =>
    event.event === 'planned' && event.host === host
      ? event.changes.map(({ role, resource, changes }) => `${role} ${resource}: ${changes.map(({ does }) => does).join('; ')}`)
      : [],
  )
const done = ({ events }: Outcome, host: string): readonly string[] =>
  events.flatMap(event =>
    event.event === 'changed' && event.host === host ? [`${event.role} ${event.resource}: ${event.does.join('; ')}`] : [],
  )

/** The same shell text on every host. */
const everywhere = (script: string): Promise<readonly string[]> => Promise.all(names.map(host => inside(fleet, host, script)))

async function expectUnchanged(desired: Desired): Promise<void> {
  expect(statuses(await converge(desired))).toEqual(['unchanged', 'unchanged'])
}

/** Makes what differs, after which nothing does; tells what that took. It did what it said before. */
async function make(desired: Desired): Promise<readonly string[]> {
  const run = await converge(desired)
  expect(statuses(run)).toEqual(['changed', 'changed'])
  for (const host of names) expect(done(run, host)).toEqual(planned(run, host))
  await expectUnchanged(desired)
  return done(run, names[0] as string)
}

/** Empty → made → drifted → mended, each followed by a run that changes nothing; `looks` shows the state without the engine. */
async function lifecycle(
  desired: Desired,
  looks: string,
  made: string,
  drifts: readonly { readonly by: string; readonly told: string | RegExp }[],
): Promise<void> {
  const empty = await everywhere(looks)
  for (const state of empty) expect(state).not.toBe(made)
  const check = await converge(desired, { check: true })
  expect(statuses(check)).toEqual(['would change', 'would change'])
  expect(await everywhere(looks)).toEqual(empty)
  expect(await make(desired)).toEqual(planned(check, names[0] as string))
  expect(await everywhere(looks)).toEqual([made, made])
  for (const { by, told } of drifts) {
    await everywhere(by)
    for (const state of await everywhere(looks)) expect(state, by).not.toBe(made)
    const did = (await make(desired)).join('\n')
    if (typeof told === 'string') expect(did).toContain(told)
    else expect(did).toMatch(told)
    expect(await everywhere(looks), by).toEqual([made, made])
  }
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

async function packed(version: string): Promise<Artifact> {
  const from = join(workplace.folder, `tool-${version}`)
  mkdirSync(join(from, 'bin'), { recursive: true })
  writeFileSync(join(from, 'bin', 'tool'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
  // More than one packet's worth, and nothing that packs well.
  writeFileSync(join(from, 'data'), randomBytes(3_000_000))
  const path = `${from}.tar.gz`
  await execa('tar', ['-czf', path, '-C', from, '.'])
  return { path, sha256: sha256(readFileSync(path)) }
}

const unit = (seconds: number): string =>
  `[Unit]
Description=a test
[Service]
ExecStart=/bin/sh -c 'cp /etc/pulse.conf /run/pulse.seen; exec sleep ${seconds}'
[Install]
WantedBy=multi-user.target
`
function* pulse(conf: string, seconds = 9000): Generator<AnyResource, void, AnyResource> {
  const text = yield file('/etc/systemd/system/pulse.service', unit(seconds))
  const config = yield file('/etc/pulse.conf', conf)
  yield service('pulse', { restartOn: [text, config] })
}

describe.runIf(able)('resources on virtual Pis of both releases', { timeout: 3 * minutes }, () => {
  beforeAll(async () => {
    await down(fleet)
    await up(fleet)
  }, 5 * minutes)

  afterAll(() => workplace.end(fleet), minutes)

  it('apt', async () => {
    await lifecycle(
      function* () {
        yield apt('tree', 'bc')
      },
      'dpkg -s tree bc 2>/dev/null | grep ^Status; echo 6*7 | bc',
      'Status: install ok installed\nStatus: install ok installed\n42',
      [
        { by: 'dpkg --remove tree', told: 'install tree' },
        { by: 'dpkg --purge tree bc', told: /install (tree bc|bc tree)/ },
      ],
    )
  })

  it('apt after a run that died inside dpkg', async () => {
    // One package unpacked and not configured, one whose configuration failed.
    await everywhere(`cd /tmp && mkdir -p half/DEBIAN
printf 'Package: half\\nVersion: 1\\nArchitecture: all\\nMaintainer: none <none@invalid>\\nDescription: a test\\n' >half/DEBIAN/control
printf '#!/bin/sh\\n[ ! -e /run/fail ]\\n' >half/DEBIAN/postinst; chmod 755 half/DEBIAN/postinst; dpkg-deb -b half half.deb
touch /run/fail; dpkg -i half.deb
dpkg --purge tree; dpkg --unpack /var/cache/apt/archives/tree_*.deb || { apt-get download tree && dpkg --unpack tree_*.deb; }
rm -f /run/fail`)
    expect(await everywhere('dpkg -s half tree | grep ^Status')).toEqual(
      Array(2).fill('Status: install ok half-configured\nStatus: install ok unpacked'),
    )
    const both: Desired = function* () {
      yield apt('tree', 'bc')
    }
    expect(await make(both)).toEqual(['things apt tree bc: install tree'])
    expect(await everywhere('dpkg -s half tree | grep ^Status; dpkg --audit')).toEqual(
      Array(2).fill('Status: install ok installed\nStatus: install ok installed'),
    )
  })

  it('file', async () => {
    const text = 'a \'quoted\' "line" with $HOME `id` \\n and ünïcode\n\n\ttab\nno newline at the end'
    const path = "/etc/a b/it's.conf"
    const source = join(workplace.folder, 'binary')
    const binary = randomBytes(700_000)
    writeFileSync(source, binary)
    await lifecycle(
      function* () {
        yield file(path, text, { mode: '0640', owner: 'pi', group: 'adm' })
        yield file('/opt/binary', { source }, { mode: '0755' })
        yield file('/etc/empty', '')
      },
      `stat -c '%F %a %U %G' "${path}" /opt/binary /etc/empty; cat "${path}" /opt/binary | sha256sum`,
      `regular file 640 pi adm\nregular file 755 root root\nregular empty file 644 root root\n${sha256(Buffer.concat([Buffer.from(text), binary]))}  -`,
      [
        { by: `echo more >>"${path}"`, told: 'change content' },
        { by: `chmod 666 "${path}"; chown root:root /opt/binary "${path}"`, told: 'mode 0666 → 0640; owner root:root → pi:adm' },
        { by: `rm "${path}" /opt/binary`, told: 'create' },
        { by: 'echo x >/etc/empty; truncate -s 100 /opt/binary', told: 'file /opt/binary: change content' },
        { by: `rm "${path}"; ln -s /etc/passwd "${path}"`, told: 'replace the symbolic link by a file' },
        { by: `rm "${path}"; mkdir "${path}"; touch "${path}/kept"`, told: 'replace the directory by a file' },
      ],
    )
    expect(await everywhere(`ls "${path}.before-provision"; grep -c root: /etc/passwd; ls -a "/etc/a b"`)).toEqual(
      Array(2).fill("kept\n1\n.\n..\nit's.conf\nit's.conf.before-provision"),
    )
  })

  it('directory', async () => {
    await lifecycle(
      function* () {
        yield directory('/srv/data/deep', { mode: '2750', owner: 'pi' })
        yield directory('/srv/plain')
      },
      "stat -c '%F %a %U %G' /srv/data/deep /srv/plain /srv/data",
      'directory 2750 pi pi\ndirectory 755 root root\ndirectory 755 root root',
      [
        { by: 'chmod 777 /srv/plain /srv/data/deep; chown root:root /srv/data/deep', told: 'mode 0777 → 0755' },
        { by: 'chmod g+s /srv/plain', told: 'mode 2755 → 0755' },
        { by: 'rmdir /srv/data/deep', told: 'directory /srv/data/deep: create' },
        { by: 'rmdir /srv/plain; echo kept >/srv/plain', told: 'make a directory where a regular file stands' },
      ],
    )
    expect(await everywhere('cat /srv/plain.before-provision')).toEqual(['kept', 'kept'])
  })

  it('user', async () => {
    await lifecycle(
      function* () {
        yield user('keeper', { home: '/var/lib/keeper', groups: ['video', 'dialout'] })
      },
      `getent passwd keeper | cut -d: -f6,7; id -Gn keeper | tr ' ' '\\n' | sort | tr '\\n' ' '
[ $(id -u keeper) -lt 1000 ] && passwd -S keeper | cut -d' ' -f2`,
      '/var/lib/keeper:/usr/sbin/nologin\ndialout keeper video L',
      [
        { by: 'gpasswd -d keeper video', told: 'add to video' },
        { by: 'usermod -d /tmp keeper', told: 'home /tmp → /var/lib/keeper' },
        { by: 'userdel keeper', told: 'create' },
      ],
    )
    await everywhere('usermod -aG audio keeper')
    await expectUnchanged(function* () {
      yield user('keeper', { home: '/var/lib/keeper', groups: ['video'] })
    })
  })

  it('certificate: the key is made on the Pi, signed here', async () => {
    const at = '/etc/things/tls/server.pem'
    const wanted: Desired = function* ({ host, prepared }) {
      yield apt('openssl')
      yield user('keeper')
      yield certificate(at, { authority: prepared, subject: host.name, names: namesOf(host), owner: 'keeper' })
    }
    const keyFits = 'openssl pkey -in server.pem -pubout | cmp - <(openssl x509 -in server.pem -noout -pubkey)'
    const looks = `cd /etc/things/tls 2>/dev/null && stat -c '%n %a %U' * && openssl x509 -in server.pem -noout -checkhost "$(hostname)" && ${keyFits}`
    const made = /^server\.pem 600 keeper\nHostname \S+ does match certificate$/
    expect(await make(wanted)).toContainEqual(expect.stringMatching(/^things certificate \S+: create for 10\.78\.4\.11, twelve$/))
    for (const state of await everywhere(looks)) expect(state).toMatch(made)
    for (const [by, told] of [
      ['chmod 640 server.pem; chown root server.pem', 'mode 0640 → 0600; owner root → keeper'],
      ["sed -i '/PRIVATE/,/PRIVATE/d' server.pem", 'private key is missing'],
      ['rm server.pem', 'create'],
    ] as const) {
      await everywhere(`cd /etc/things/tls; ${by}`)
      expect((await make(wanted)).join('\n')).toContain(told)
      for (const state of await everywhere(looks)) expect(state).toMatch(made)
    }
  })

  it('service with a unit file', async () => {
    const looks = `systemctl is-active pulse; systemctl is-enabled pulse; cat /run/pulse.seen
systemctl show -p NeedDaemonReload --value pulse; pgrep -a sleep | cut -d" " -f2-`
    const wanted: Desired = () => pulse('one\n')
    await lifecycle(wanted, looks, 'active\nenabled\none\nno\nsleep 9000', [
      { by: 'systemctl stop pulse; rm /run/pulse.seen', told: 'service pulse: start' },
      { by: 'systemctl disable -q pulse', told: 'service pulse: enable' },
      { by: 'systemctl kill -s KILL pulse; sleep 0.5', told: 'service pulse: start' },
      { by: 'echo two >/etc/pulse.conf; systemctl restart pulse; sleep 0.5', told: 'service pulse: restart (/etc/pulse.conf)' },
      {
        by: 'sed -i s/9000/8000/ /etc/systemd/system/pulse.service; systemctl daemon-reload; systemctl restart pulse',
        told: 'restart (/etc/systemd/system/pulse.service)',
      },
      {
        by: 'systemctl disable --now -q pulse; ln -sf /dev/null /etc/systemd/system/pulse.service; systemctl daemon-reload',
        told: 'unmask and enable; start',
      },
    ])
    await make(() => pulse('three\n', 7000))
    expect(await everywhere(looks)).toEqual(Array(2).fill('active\nenabled\nthree\nno\nsleep 7000'))
    await make(function* () {
      yield service('pulse', { enabled: false, running: false })
    })
    expect(await everywhere('systemctl is-active pulse; systemctl is-enabled pulse; pgrep sleep')).toEqual(
      Array(2).fill('inactive\ndisabled'),
    )
    await expectUnchanged(function* () {
      yield service('is-not-there', { enabled: false, running: false })
    })
  })

  it('service of a package that somebody masked', async () => {
    const wanted: Desired = function* () {
      yield file('/usr/lib/systemd/system/packaged.service', unit(6000))
      yield service('packaged')
    }
    await make(wanted)
    await everywhere('systemctl mask --now -q packaged')
    expect(await everywhere('systemctl is-enabled packaged')).toEqual(['masked', 'masked'])
    expect(await make(wanted)).toEqual(['things service packaged: unmask and enable; start'])
    expect(await everywhere('systemctl is-active packaged; systemctl is-enabled packaged; systemctl disable -q --now packaged')).toEqual(
      Array(2).fill('active\nenabled'),
    )
  })

  it('a service that does not start tells what it said, and starts once its unit is right', async () => {
    const wanted = (start: string): Desired =>
      function* () {
        const text = yield file(
          '/etc/systemd/system/weak.service',
          `[Service]\nExecStart=${start}\nType=oneshot\nRemainAfterExit=yes\n[Install]\nWantedBy=multi-user.target\n`,
        )
        yield service('weak', { restartOn: [text] })
      }
    for (const { failure } of (await converge(wanted("/bin/sh -c 'echo the cause; exit 3'"))).results.values()) {
      expect(failure).toMatchObject({ role: 'things', resource: 'service weak' })
      expect(failure?.output?.join('\n')).toContain('the cause')
    }
    await make(wanted('/bin/true'))
    expect(await everywhere('systemctl is-active weak; ls -A /var/lib/provision/pending')).toEqual(['active', 'active'])
  })

  it('archive', async () => {
    const [one, two] = [await packed('1'), await packed('2')]
    const folder = (artifact: Artifact): string => `/opt/tools/tool-${artifact.sha256.slice(0, 16)}`
    const looks =
      'readlink /opt/tools/tool; /opt/tools/tool/bin/tool; stat -c %U /opt/tools/tool/data; ls /opt/tools; ls /var/tmp | grep provision'
    const made = (artifact: Artifact, version: string): string =>
      [folder(artifact), version, 'root', 'tool', folder(artifact).replace('/opt/tools/', '')].join('\n')
    await lifecycle(
      function* () {
        yield archive('/opt/tools/tool', one)
      },
      looks,
      made(one, '1'),
      [
        { by: 'ln -sfn /tmp /opt/tools/tool', told: 'replace /tmp by' },
        { by: 'rm /opt/tools/tool', told: 'unpack to' },
        { by: 'rm -rf /opt/tools/*', told: 'unpack to' },
        { by: 'rm -rf /opt/tools/tool-*', told: 'unpack to' },
      ],
    )
    await make(function* () {
      yield archive('/opt/tools/tool', two)
    })
    expect(await everywhere(looks)).toEqual(Array(2).fill(made(two, '2')))
  })

  it('sysctl', async () => {
    await lifecycle(
      function* () {
        yield sysctl('test', { 'net.ipv4.ip_local_port_range': '20000 50000', 'vm.swappiness': 7 })
      },
      'sysctl -n net.ipv4.ip_local_port_range vm.swappiness; cat /etc/sysctl.d/60-test.conf',
      '20000\t50000\n7\nnet.ipv4.ip_local_port_range = 20000 50000\nvm.swappiness = 7',
      [
        { by: 'sysctl -q -w vm.swappiness=33', told: 'vm.swappiness 33 → 7' },
        { by: 'rm /etc/sysctl.d/60-test.conf', told: 'write /etc/sysctl.d/60-test.conf' },
        { by: "sed -i 's/20000/10000/' /etc/sysctl.d/60-test.conf", told: 'write /etc/sysctl.d/60-test.conf' },
      ],
    )
  })

  it('command', async () => {
    await lifecycle(
      function* () {
        const seed = yield file('/etc/seed', 'x\n')
        yield command('plant', { unless: '[ -s /srv/plant ]', run: 'cat /etc/seed >>/srv/plant', on: [seed] })
      },
      'cat /srv/plant /etc/seed',
      'x\nx',
      [{ by: 'rm /srv/plant', told: 'command plant: run' }],
    )
    await make(function* () {
      const seed = yield file('/etc/seed', 'y\n')
      yield command('plant', { unless: '[ -s /srv/plant ]', run: 'cat /etc/seed >>/srv/plant', on: [seed] })
    })
    expect(await everywhere('cat /srv/plant')).toEqual(['x\ny', 'x\ny'])
  })

  it('still owes the restart when a run is cut off between the change and the restart', async () => {
    const wanted = (conf: string): Desired =>
      function* () {
        const config = yield file('/etc/pulse.conf', conf)
        const text = yield file('/etc/systemd/system/pulse.service', unit(9000))
        yield command('a long one', {
          unless: `grep -q ${conf.trim()} /srv/gate`,
          run: `while [ -e /run/hold ]; do sleep 0.1; done; echo ${conf.trim()} >/srv/gate`,
        })
        yield service('pulse', { restartOn: [text, config] })
      }
    await make(wanted('before\n'))
    await everywhere('touch /run/hold')
    const stop = new AbortController()
    const waits = new Set<string>()
    const cut = await converge(wanted('after\n'), {
      stop: stop.signal,
      on(event) {
        if (event.event !== 'changing' || event.resource !== 'command a long one') return
        waits.add(event.host)
        if (waits.size === 2) stop.abort()
      },
    })
    expect([...cut.results.values()].map(({ failure }) => failure?.message)).toEqual(Array(2).fill('stopped before it was done'))
    await everywhere('rm /run/hold')
    await eventually(async () =>
      (await everywhere('cat /srv/gate; flock -n /run/provision/lock true && echo free')).every(text => text === 'after\nfree'),
    )
    // The config is as wanted, its reader knows nothing of it.
    expect(await everywhere('cat /etc/pulse.conf /run/pulse.seen')).toEqual(['after\nbefore', 'after\nbefore'])
    expect(await make(wanted('after\n'))).toEqual(['things service pulse: restart (changed by a run that was cut off)'])
    expect(await everywhere('cat /run/pulse.seen; ls -A /var/lib/provision/pending')).toEqual(['after', 'after'])
  })

  describe('all of them together', () => {
    let artifact: Artifact
    const all: Desired = function* ({ secret, host }) {
      yield apt('tree')
      yield user('keeper', { home: '/var/lib/keeper', groups: ['video'] })
      yield directory('/var/lib/keeper', { owner: 'keeper', mode: '0700' })
      const config = yield file('/etc/keeper.conf', `password = ${secret('things/password')}\nname = ${host.name}\n`, { secret: true })
      yield file('/etc/plain.conf', `listen = 1\n`)
      yield archive('/usr/local/lib/tool', artifact)
      yield sysctl('test', { 'vm.swappiness': 9 })
      yield command('use the password', {
        unless: `[ "$(cat /var/lib/keeper/used 2>/dev/null)" = "$(printf %s '${secret('things/password')}' | sha256sum)" ]`,
        run: `printf %s '${secret('things/password')}' | sha256sum >/var/lib/keeper/used; echo "said ${secret('things/password')}"; sleep 1`,
        on: [config],
      })
      yield apt('bc')
      yield* pulse('all\n')
    }
    // What changes by itself: who is logged in, what systemd notes, its clock.
    const volatile = [
      '/run/systemd',
      '/run/user',
      '/run/log',
      '/run/utmp',
      '/run/sudo',
      '/run/dbus',
      '/run/udev',
      '/run/credentials',
      '/run/motd*',
      '/var/lib/systemd/*',
      '/run/sshd*',
      '/run/host',
      '/run/lock/subsys',
    ]
    const left = `\\( ${volatile.map(path => `-path '${path}'`).join(' -o ')} \\) -prune`
    const snapshot = `find /etc /var/lib /var/tmp /var/cache /opt /usr/local /run /home /root /srv /tmp /boot \
${left} -o -printf '%p %y %m %U %G %l %T@ %C@\\n' 2>/dev/null |
  grep -vE '^(/run|/var/lib|/tmp|/var/tmp) d|/systemd-private-' | sort
find /etc /var/lib /opt /usr/local /home /root -xdev ${left} -o -type f -print0 2>/dev/null | sort -z | xargs -0 sha256sum`

    beforeAll(async () => {
      artifact = await packed('3')
      await reset(fleet, names)
    }, 2 * minutes)

    it('--check works on an empty host, writes nothing, and lists what a run then does, item by item', async () => {
      const secret = openSecrets(fleet.file, { env: { ...process.env, ...workplace.env } }).show('things/password')
      expect(secret).toBeUndefined()
      // The first login makes what every login makes.
      await converge(function* () {}, { check: true })
      const before = await everywhere(snapshot)
      const check = await converge(all, { check: true, diff: true })
      expect(statuses(check)).toEqual(['would change', 'would change'])
      const after = await everywhere(snapshot)
      for (const [index, text] of after.entries()) {
        const old = new Set(before[index]?.split('\n'))
        expect(text.split('\n').filter(line => !old.has(line))).toEqual([])
        expect(text.length).toBe(before[index]?.length)
        expect(text.split('\n').length).toBeGreaterThan(1000)
      }
      // Another test of this fleet has made its CA.
      expect(
        openSecrets(fleet.file, { env: { ...process.env, ...workplace.env } })
          .list()
          .map(({ name }) => name)
          .filter(name => name !== 'fleet/ca'),
      ).toEqual([])

      const run = await converge(all, { diff: true })
      expect(statuses(run)).toEqual(['changed', 'changed'])
      for (const host of names) {
        expect(planned(check, host)).toHaveLength(11)
        expect(planned(run, host)).toEqual(planned(check, host))
        expect(done(run, host)).toEqual(planned(check, host))
      }
      await expectUnchanged(all)
      const again = await converge(all, { check: true })
      expect(statuses(again)).toEqual(['unchanged', 'unchanged'])
    })

    it('shows a secret nowhere', async () => {
      const env = { ...process.env, ...workplace.env }
      const old = openSecrets(fleet.file, { env }).show('things/password') ?? ''
      const secret = openSecrets(fleet.file, { env }).rotate('things/password')
      expect(secret).not.toBe(old)
      // Whoever is logged in may look at what runs.
      await everywhere(`cat >/tmp/watch <<'.'
while [ ! -e /tmp/enough ]; do
  for f in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do [ -r $f ] && tr '\\0' ' ' <$f && echo; done 2>/dev/null >>/tmp/watched
  sleep 0.1
done
.
systemd-run -q -u watch bash /tmp/watch`)
      const run = await converge(all, { diff: true })
      expect(statuses(run)).toEqual(['changed', 'changed'])
      expect(done(run, 'twelve').map(line => line.split(':')[0])).toEqual([
        'things file /etc/keeper.conf',
        'things command use the password',
      ])
      const failing = await converge(function* ({ secret: value }) {
        yield command('fails', { unless: 'false', run: `echo "cannot log in with ${value('things/password')}" >&2; exit 4` })
      })
      for (const { failure } of failing.results.values()) expect(failure).toMatchObject({ resource: 'command fails' })
      expect(failing.text).toContain('cannot log in with [redacted]')
      for (const value of [secret, old]) {
        for (const { text } of [run, failing]) expect(text).not.toContain(value)
        const traces = await everywhere(`touch /tmp/enough; grep -c sleep /tmp/watched >/dev/null || echo watched nothing
grep -lrF -e '${value}' -e '${Buffer.from(value).toString('base64').slice(0, 20)}' /var/lib/provision /run/provision /var/log /tmp/watched 2>/dev/null
journalctl -q --no-pager | grep -vF 'touch /tmp/enough' | grep -cF '${value}' | grep -v '^0$'`)
        expect(traces).toEqual(['', ''])
      }
      expect(await everywhere(`stat -c '%a %U' /etc/keeper.conf /run/provision-step.log; grep -c '${secret}' /etc/keeper.conf`)).toEqual(
        Array(2).fill('600 root\n600 root\n1'),
      )
      expect(await everywhere(`tail -n 2 /var/lib/provision/journal.jsonl | grep -o '"resource":"[^"]*"'`)).toEqual(
        Array(2).fill('"resource":"file /etc/keeper.conf"\n"resource":"command use the password"'),
      )
    })
  })
})

import { describe, expect, test } from 'vitest'
import { file } from '../../../../engine/resources/file.ts'
import { service } from '../../../../engine/resources/service.ts'

const conf = file('/etc/app.conf', '')
const other = file('/etc/other', '')
const app = service('app', { restartOn: [conf] })
const { kind } = app
const seen = { loaded: true, active: 'active', unitFile: 'enabled', stale: false }
const does = (resource: typeof app, observed: typeof seen, triggers: string[] = []) =>
  kind.compare(resource.spec, observed, triggers).map(change => change.does)
const run = (resource: typeof app, observed: typeof seen, triggers: string[] = []) => {
  const [step] = kind.change(resource.spec, observed, triggers)
  return step && 'run' in step ? step.run : ''
}

test('names: a suffix stays, .service is added and left out of labels', () => {
  expect([app.spec.unit, kind.label(app.spec)]).toEqual(['app.service', 'app'])
  expect(kind.label(service('x.timer').spec)).toBe('x.timer')
  expect(app.on).toEqual([conf])
})

test('reads blocks by name, aliases too, in whatever order properties come', () => {
  const specs = [app, service('alias'), service('none'), service('new')].map(r => r.spec)
  expect(kind.ask(specs)).toBe(
    'systemctl show -p Id,Names,LoadState,ActiveState,UnitFileState,NeedDaemonReload app.service alias.service none.service new.service',
  )
  const output = `Id=app.service
Names=app.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no

Id=real.service
Names=real.service alias.service
LoadState=loaded
ActiveState=failed
UnitFileState=alias
NeedDaemonReload=no

Id=none.service
Names=none.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
NeedDaemonReload=no

NeedDaemonReload=yes
Id=new.service
Names=new.service
LoadState=loaded
ActiveState=activating
UnitFileState=disabled
`
  const absent = { loaded: false, active: 'inactive', unitFile: '', stale: false }
  expect(kind.read(output, specs)).toEqual([
    seen,
    { loaded: true, active: 'failed', unitFile: 'alias', stale: false },
    absent,
    { loaded: true, active: 'activating', unitFile: 'disabled', stale: true },
  ])
  expect(kind.read('', specs)).toEqual([absent, absent, absent, absent])
})

describe('a service that is to run', () => {
  test.for<[Partial<typeof seen>, string[], string[]]>([
    [{}, [], []],
    [{ loaded: false, active: 'inactive', unitFile: '' }, [], ['enable', 'start']],
    [{ unitFile: 'disabled' }, [], ['enable']],
    [{ unitFile: 'static' }, [], []],
    [{ active: 'failed' }, [], ['start']],
    [{ active: 'failed' }, ['/etc/app.conf'], ['start']],
    [{}, ['/etc/app.conf', 'x'], ['restart (/etc/app.conf, x)']],
    [{ stale: true }, [], ['restart (its unit file changed)']],
    [{ active: 'reloading' }, [], []],
  ])('%j, triggers %j: %j', ([observed, triggers, expected]) => {
    expect(does(app, { ...seen, ...observed }, triggers)).toEqual(expected)
  })

  test('is reloaded where that is enough, and while it runs', () => {
    const reloads = service('app', { reloadOn: [conf] })
    expect(does(reloads, seen, ['/etc/app.conf'])).toEqual(['reload (/etc/app.conf)'])
    expect(run(reloads, seen, ['/etc/app.conf'])).toContain('systemctl reload app.service ||')
    expect(run(reloads, { ...seen, active: 'inactive' }, ['/etc/app.conf'])).toContain('systemctl restart app.service ||')
  })

  test('starts again where something else changed as well, or nobody knows what', () => {
    const either = service('app', { restartOn: [other], reloadOn: [conf] })
    expect(does(either, seen, ['/etc/app.conf'])).toEqual(['reload (/etc/app.conf)'])
    expect(does(either, { ...seen, stale: true }, ['/etc/app.conf'])).toEqual(['restart (/etc/app.conf)'])
    for (const triggers of [['/etc/other'], ['/etc/app.conf', '/etc/other'], ['/etc/app.conf', 'changed by a run that was cut off']]) {
      expect(does(either, seen, triggers)).toEqual([`restart (${triggers.join(', ')})`])
      expect(run(either, seen, triggers)).toContain('systemctl restart app.service ||')
    }
  })

  test('exact command', () => {
    expect(run(app, { ...seen, active: 'inactive' })).toBe(
      'systemctl daemon-reload && { systemctl is-enabled -q app.service || systemctl enable -q app.service; } && ' +
        '{ systemctl reset-failed app.service 2>/dev/null; systemctl start app.service || { journalctl -u app.service -n 15 --no-pager -o cat >&2; false; }; }',
    )
    expect(run(app, seen, ['x'])).toContain('systemctl restart app.service ||')
    expect(run(app, { ...seen, stale: true })).toContain('systemctl restart app.service ||')
  })
})

describe('a service that is not to run', () => {
  const stopped = service('app', { enabled: false, running: false })
  test.for<[Partial<typeof seen>, string[]]>([
    [{ loaded: false, active: 'inactive', unitFile: '' }, []],
    [{}, ['disable', 'stop']],
    [{ active: 'activating' }, ['disable', 'stop']],
    // `systemctl stop` leaves it failed, and it does not run.
    [{ active: 'failed', unitFile: 'disabled' }, []],
    // There is nothing to disable.
    [{ active: 'inactive', unitFile: 'static' }, []],
    [{ active: 'inactive', unitFile: 'masked' }, []],
  ])('%j: %j', ([observed, expected]) => {
    expect(does(stopped, { ...seen, ...observed }, ['ignored'])).toEqual(expected)
  })

  test('exact command, which a missing unit does not fail', () => {
    expect(run(stopped, seen)).toBe(
      '{ ! systemctl cat app.service >/dev/null 2>&1 || systemctl disable -q app.service; } && { ! systemctl cat app.service >/dev/null 2>&1 || systemctl stop app.service; }',
    )
  })
})

test('a unit somebody masked is unmasked first, and said to be', () => {
  for (const unitFile of ['masked', 'masked-runtime']) {
    const masked = { ...seen, active: 'inactive', unitFile }
    expect(does(app, masked)).toEqual(['unmask and enable', 'start'])
    expect(run(app, masked)).toMatch(/^systemctl unmask -q app\.service && .*enable -q app\.service/)
  }
  const off = service('app', { enabled: false, running: false })
  expect(does(off, { ...seen, active: 'inactive', unitFile: 'masked' })).toEqual([])
})

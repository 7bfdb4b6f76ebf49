import { expect, test } from 'vitest'
import { modelOfBoard, models, type ModelName } from '../../../../engine/inventory/models.ts'
import { inventoryText } from '../../../../engine/inventory/written.ts'
import { deviceTreeModel } from '../../../../lab/board/identity-files.ts'
import { parse } from './roles.ts'

const roles = ['base', 'store']
const facts = { model: 'Raspberry Pi 2 Model B Rev 1.1', memory: 922 * 2 ** 20, release: 'bookworm', architecture: 'armhf' } as const

test('what is written is an inventory, and says what the Pis said', () => {
  const text = inventoryText({
    fleet: 'home',
    ssh: { identity: '~/.ssh/my key', knownHosts: '../known' },
    hosts: [
      { name: 'store1', address: '192.168.1.20', facts },
      { name: 'far', address: 'fe80::1', user: 'true', port: 2222 },
    ],
    roles,
  })
  expect(text).toContain(
    '# Raspberry Pi 2 Model B Rev 1.1, 922 MiB of memory, bookworm armhf\n  store1: { address: 192.168.1.20, model: rpi2b, roles: [ base ] }',
  )
  expect(text).toContain('There are base, store.')
  const { name, ssh, hosts } = parse(text)
  expect({ name, ssh }).toMatchObject({ name: 'home', ssh: { identity: '/home/pi/.ssh/my key', knownHosts: '/project/known' } })
  expect(hosts).toMatchObject([
    { name: 'store1', address: '192.168.1.20', user: 'pi', model: 'rpi2b', roles: ['base'] },
    { name: 'far', address: 'fe80::1', user: 'true', port: 2222, roles: ['base'] },
  ])
})

test('nothing that a Pi says of itself gets out of its comment, or commands a terminal', () => {
  const model = 'evil\x1b]0;x\x07\r\u2028hosts: {}\u0085\x1b[2J'
  const text = inventoryText({ fleet: 'home', ssh: {}, hosts: [{ name: 'a', address: '10.0.0.1', facts: { ...facts, model } }], roles })
  expect(text).toMatch(/^[\n\x20-\x7e]*$/)
  expect(parse(text).hosts).toMatchObject([{ name: 'a' }])
  expect(parse(text).hosts[0]?.model).toBeUndefined()
})

test.for(Object.keys(models) as ModelName[])('the board of a %s is known again', model =>
  expect(modelOfBoard(deviceTreeModel(model), models[model].ram * 0.93)).toBe(model),
)

test.for([
  ['Raspberry Pi 400 Rev 1.0', 4],
  ['Raspberry Pi Compute Module 4 Rev 1.0', 2],
  ['', 1],
  ['Raspberry Pi 5 Model B Rev 1.0', 64],
] as const)('%s with %d GiB is no model of an inventory', ([board, gib]) => expect(modelOfBoard(board, gib * 2 ** 30)).toBeUndefined())

import { expect, it } from 'vitest'
import type { Fleet } from '../../../../engine/inventory/types.ts'
import { roleMeant, type RolesWithOperations } from '../../../../engine/operation/index.ts'

const rebalance = () => Promise.reject(new Error('it is not loaded to be chosen'))
const roles: RolesWithOperations = { barrel: { operations: { rebalance } }, keg: { operations: { rebalance } }, shelf: {} }
const fleet = (hosts: Readonly<Record<string, readonly string[]>>): Fleet =>
  ({ name: 'pi', file: 'pi.yaml', hosts: Object.entries(hosts).map(([name, of]) => ({ name, roles: of })) }) as unknown as Fleet

const one = fleet({ a: ['barrel'], b: ['barrel', 'shelf'], shelf: ['shelf'] })
const two = fleet({ a: ['barrel'], b: ['keg'] })

it('takes the only role of the fleet that has the operation; words are hosts then', () => {
  expect(roleMeant('rebalance', [], one, roles)).toEqual({ role: 'barrel', names: [] })
  expect(roleMeant('rebalance', ['b', 'a'], one, roles)).toEqual({ role: 'barrel', names: ['b', 'a'] })
  // A role without the operation is no such word.
  expect(roleMeant('rebalance', ['shelf'], one, roles)).toEqual({ role: 'barrel', names: ['shelf'] })
})

it('takes the role that is named first, also where a host is called the same, or no host has it', () => {
  expect(roleMeant('rebalance', ['keg', 'b'], two, roles)).toEqual({ role: 'keg', names: ['b'] })
  expect(roleMeant('rebalance', ['barrel', 'barrel'], fleet({ barrel: ['barrel'], a: ['barrel'] }), roles)).toEqual({
    role: 'barrel',
    names: ['barrel'],
  })
  expect(roleMeant('rebalance', ['keg'], one, roles)).toEqual({ role: 'keg', names: [] })
})

it('asks which where the fleet has two, whatever hosts are named', () => {
  for (const words of [[], ['a']])
    expect(() => roleMeant('rebalance', words, two, roles)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'this fleet has barrel and keg: which is meant?',
        hint: `say it first: ${['rebalance barrel', ...words].join(' ')}, or ${['rebalance keg', ...words].join(' ')}`,
      }) as Error,
    )
})

it('says so where no host has such a role', () => {
  expect(() => roleMeant('rebalance', [], fleet({ a: ['shelf'] }), roles)).toThrow('no host of the fleet pi has the role barrel or keg')
})

import { expect, it } from 'vitest'
import { parseWeights } from '../../../../engine/operation/weights.ts'

const nodes = ['mysql', 'cassandra2']

it('weights are numbers by name', () => {
  expect(parseWeights('cassandra2=2,mysql=1', nodes)).toEqual({ cassandra2: 2, mysql: 1 })
  expect(parseWeights(' mysql=0.5 ', nodes)).toEqual({ mysql: 0.5 })
})

it.each([
  ['mysql', '--weights: "mysql" is not NAME=NUMBER'],
  ['mysq=1', '--weights: there is no node "mysq"'],
  ['mysql=0', '--weights: mysql wants a number above 0, not "0"'],
  ['mysql=much', '--weights: mysql wants a number above 0, not "much"'],
  ['mysql=1,mysql=2', '--weights: mysql stands there twice'],
])('"%s" is refused', (text, message) => {
  expect(() => parseWeights(text, nodes)).toThrow(message)
})

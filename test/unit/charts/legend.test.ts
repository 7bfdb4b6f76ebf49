import { expect, test } from 'vitest'
import { legendOf, namesOf } from '../../../charts/legend.ts'

test('a legend is made of labels, and of nothing where there is none', () => {
  expect(legendOf('{{host}} in {{ backend }}', { host: 'mysql', backend: 'mariadb' })).toBe('mysql in mariadb')
  expect(legendOf('{{host}}', {})).toBe('')
})

test('a label that looks like a template stays as it is', () => {
  expect(legendOf('{{host}}', { host: '{{secret}}', secret: 'x' })).toBe('{{secret}}')
})

test('names that would be alike tell what else they differ by', () => {
  const series = [
    { template: '{{host}}', labels: { host: 'a', zone: '0', job: 'node' } },
    { template: '{{host}}', labels: { host: 'a', zone: '1', job: 'node' } },
    { template: '{{host}}', labels: { host: 'b', zone: '0', job: 'node' } },
    { template: '{{host}}', labels: {} },
  ]
  expect(namesOf(series)).toEqual(['a zone 0', 'a zone 1', 'b', 'value'])
})

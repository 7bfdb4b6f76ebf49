import { expect, it } from 'vitest'
import { pageOf, type OfferedPage } from '../../../cli/page.ts'

const page = (name: string, role: string): OfferedPage => ({
  host: { name } as OfferedPage['host'],
  role,
  value: { url: `http://${name}/`, title: role },
})
const all = [page('one', 'stream'), page('two', 'watch'), page('three', 'watch')]

it('a page is found by its role, and by its host where there are several', () => {
  expect(pageOf(all, 'stream', undefined).host.name).toBe('one')
  expect(pageOf(all, 'watch', 'three').host.name).toBe('three')
})

it('where none or several are meant, it is said which there are', () => {
  expect(() => pageOf(all, 'nothing', undefined)).toThrow('no role nothing of this fleet has a page')
  expect(() => pageOf([], 'nothing', undefined)).toThrow('no role nothing')
  expect(() => pageOf(all, 'stream', 'two')).toThrow('two has no page of the role stream')
  expect(() => pageOf(all, 'watch', undefined)).toThrow('the role watch has a page on two, three')
})

import { expect, test } from 'vitest'
import { AskedPasswords } from '../../../../engine/run/asked-passwords.ts'
import { labHost } from '../../../lab/labtest.ts'

const [one, two, three] = ['one', 'two', 'three'].map((name, index) => labHost(name, index + 2)) as [
  ReturnType<typeof labHost>,
  ReturnType<typeof labHost>,
  ReturnType<typeof labHost>,
]

test('each host is asked for, one after the other; what was typed for one goes to another only where an empty answer says so', async () => {
  const questions: string[] = []
  const hidden: string[] = []
  let open = 0
  const answers: Readonly<Record<string, string>> = { one: 'raspberry', two: '', three: 'other' }
  const passwords = new AskedPasswords(
    async (host, like) => {
      expect(++open).toBe(1)
      questions.push(`${host.name} ${like?.name ?? '–'}`)
      await new Promise(done => setTimeout(done, 10))
      open--
      return answers[host.name]
    },
    password => hidden.push(password),
  )
  expect(await Promise.all([one, two, three].map(host => passwords.ask(host)))).toEqual(['raspberry', 'raspberry', 'other'])
  expect(questions).toEqual(['one –', 'two one', 'three two'])
  expect(hidden).toEqual(['raspberry', 'raspberry', 'other'])
  expect([one, two, three].map(host => passwords.of(host))).toEqual(['raspberry', 'raspberry', 'other'])
  passwords.forget(two)
  expect(passwords.of(two)).toBeUndefined()
})

test('nobody answers: none is given, and the next host is asked all the same', async () => {
  const answers: (string | undefined)[] = [undefined, '', 'raspberry']
  const passwords = new AskedPasswords(
    () => Promise.resolve(answers.shift()),
    () => {},
  )
  expect(await passwords.ask(one)).toBeUndefined()
  // Empty, and no other was given: no password.
  expect(await passwords.ask(two)).toBeUndefined()
  expect(await passwords.ask(three)).toBe('raspberry')
  expect(await new AskedPasswords(undefined, () => {}).ask(one)).toBeUndefined()
})

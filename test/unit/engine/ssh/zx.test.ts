import { expect, test } from 'vitest'
import { ConnectionLost, lossIn } from '../../../../engine/ssh/errors.ts'
import type { Session } from '../../../../engine/ssh/session.ts'
import { remoteShell } from '../../../../engine/ssh/zx.ts'

test('a command over a link that breaks ends, and tells that it was the link', async () => {
  const $ = remoteShell({ run: () => Promise.reject(new ConnectionLost('the cable is out')) } as unknown as Session)
  const error: unknown = await $`true`.catch((thrown: unknown) => thrown)
  expect(lossIn(error)).toBeInstanceOf(ConnectionLost)
  expect(lossIn(new Error('something else', { cause: 'a text' }))).toBeUndefined()
})

import { expect, test } from 'vitest'
import { openSecrets } from '../../../../engine/secrets/secrets.ts'
import { resolveValue } from '../../../../engine/secrets/value-source.ts'

const secrets = openSecrets('/nowhere/pi.yaml', { env: { FLEET_SECRET_SUDO_PI: 'kept one' }, home: '/nowhere' })
const env = { PATH: process.env['PATH'], SUDO: 'from env' }

test('a value comes from the environment, a command or the store, and is hidden from then on', async () => {
  expect(await resolveValue({ env: 'SUDO' }, secrets, { env })).toBe('from env')
  expect(await resolveValue({ command: "printf '%s\\n' 'from  command'" }, secrets, { env })).toBe('from  command')
  expect(await resolveValue({ secret: 'sudo/pi' }, secrets, { env })).toBe('kept one')
  expect(secrets.redactor.redact('from env, from  command, kept one')).toBe('[redacted], [redacted], [redacted]')
})

test.each([
  [{ env: 'NONE' }, 'the environment variable NONE is not set', 'set it: export NONE=…'],
  [{ secret: 'none' }, 'there is no secret "none"', 'keep one: npx secret set none'],
  [
    { command: 'echo hush; echo loud >&2; exit 3' },
    'the command for a password failed (exit code 3): echo hush; echo loud >&2; exit 3',
    'run it by hand to see why',
  ],
  [{ command: 'true' }, 'the command for a password printed nothing: true', undefined],
  [{ command: 'kill -9 $$' }, 'the command for a password failed (ended by SIGKILL): kill -9 $$', 'run it by hand to see why'],
])('%j is refused', async (source, message, hint) => {
  await expect(resolveValue(source, secrets, { env })).rejects.toMatchObject({ message, hint })
})

test('a command has its time', async () => {
  await expect(resolveValue({ command: 'exec sleep 5' }, secrets, { env, timeout: 0.2 })).rejects.toMatchObject({
    message: 'the command for a password took more than 0.2 s: exec sleep 5',
  })
})

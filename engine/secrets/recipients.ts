import { readFileSync } from 'node:fs'
import { SecretsError } from './secrets-error.ts'

/** `hosts/pi.recipients` for `hosts/pi.yaml`: public keys (`age1…`), one a line, of others who may read the secrets. */
export function recipientsFile(inventory: string): string {
  return inventory.replace(/\.ya?ml$/, '') + '.recipients'
}

/**
 * Public keys to encrypt for beside one's own: from the file beside the inventory, and from FLEET_RECIPIENTS.
 * @throws SecretsError naming the line that is not one.
 */
export function readRecipients(inventory: string, env: NodeJS.ProcessEnv): readonly string[] {
  const file = recipientsFile(inventory)
  const recipients = new Set<string>()
  read(file)
    .split('\n')
    .forEach((line, index) => {
      const text = line.replace(/#.*/, '').trim()
      if (text !== '') recipients.add(checked(text, `${file}:${index + 1}`))
    })
  for (const text of (env['FLEET_RECIPIENTS'] ?? '').split(/[\s,]+/)) {
    if (text !== '') recipients.add(checked(text, 'FLEET_RECIPIENTS'))
  }
  return [...recipients]
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new SecretsError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

function checked(text: string, where: string): string {
  if (/^AGE-SECRET-KEY/i.test(text))
    throw new SecretsError(`${where}: this is a private key`, 'put the public one there, age1…, and replace the private one')
  if (!/^age1[0-9a-z]{50,}$/.test(text))
    throw new SecretsError(`${where}: not an age public key: ${text}`, 'one looks like age1 and 58 letters and digits')
  return text
}

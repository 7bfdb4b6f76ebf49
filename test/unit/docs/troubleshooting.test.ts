import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const project = fileURLToPath(new URL('../../../', import.meta.url))
const page = readFileSync(path.join(project, 'docs/troubleshooting.md'), 'utf8')
const sources = ['engine', 'roles', 'collector', 'cli', 'scripts'].flatMap(room => {
  try {
    return readdirSync(path.join(project, room), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => readFileSync(path.join(project, room, name), 'utf8'))
  } catch {
    return []
  }
})

const messages = page.split('\n').flatMap(line => (line.startsWith('### ') ? [/^### `(.*)`$/.exec(line)?.[1] ?? line] : []))

/** Do the pieces stand in a text one after the other, on one line? */
function said(text: string, pieces: readonly string[]): boolean {
  return text.split('\n').some(line => {
    let at = 0
    return pieces.every(piece => {
      at = line.indexOf(piece, at)
      return at >= 0 && (at += piece.length) > 0
    })
  })
}

test('there are messages', () => expect(messages.length).toBeGreaterThan(25))

test.each(messages)('the code says: %s', message => {
  const pieces = message.split('…').filter(piece => piece.trim() !== '')
  expect(pieces.join('').length).toBeGreaterThan(12)
  expect(sources.some(text => said(text, pieces))).toBe(true)
})

test('pages that link to each other are there', () => {
  for (const name of ['first-pi.md', 'troubleshooting.md', 'inventory.md', 'variables.md']) {
    const text = readFileSync(path.join(project, 'docs', name), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(() => readFileSync(path.join(project, 'docs', target)), `${name}: ${target}`).not.toThrow()
  }
})

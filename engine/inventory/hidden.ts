// A key for a password, however it is spelled: `sudoPassword`, `sudo_password`, `"password"`.
const key = String.raw`['"]?[\w-]*pass(?:word|wd|phrase)['"]?\s*:`
// Where a value comes from is no secret: a map, or the name of an anchor.
const direct = new RegExp(`(${key}\\s+)([^\\s{*].*)$`, 'i')
const opens = new RegExp(`${key}\\s*[|>]?[+-]?\\d?\\s*$`, 'i')
const source = /^\s*['"]?(env|command|secret)['"]?\s*:/

/** Does this key hold a password? */
export function holdsPassword(name: PropertyKey | undefined): boolean {
  return new RegExp(`^${key}$`, 'i').test(`${String(name)}:`)
}

/**
 * A line of an inventory as it may be shown: what may be a password is stars, as many as it has letters, so that a caret below still stands
 * right. `before`: the lines above it.
 */
export function withoutPasswords(line: string, before: readonly string[]): string {
  const above = before.findLast(each => each.trim() !== '')
  if (above !== undefined && opens.test(above) && !source.test(line) && !/^\s*\{/.test(line)) return line.replace(/\S/g, '*')
  return line.replace(direct, (_, name: string, value: string) => name + value.replace(/\S/g, '*'))
}

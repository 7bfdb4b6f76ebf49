// Colours of our own pass; a Pi that sends them colours its own text, no more.
const colour = String.raw`\x1b\[(?:0|1|2|22|3[0-7]|39|9[0-7])m`
// Commands to a terminal, whole: titles and clipboards (OSC and its like, to their end), cursors and screens (CSI), others of two
// characters.
const command = String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?`
// What is left: control characters but newline and tab, and marks that turn the direction of a text.
const control = String.raw`[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]`
const expression = new RegExp(`(${colour})|${command}|${control}`, 'g')

/** A text as a terminal may have it: nothing in it commands the terminal, whoever wrote it. Newlines, tabs and our colours stay. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(expression, (_, kept: string | undefined) => kept ?? '')
}

/** JSON as a terminal may have it: the same data, with the control characters that JSON leaves as they are written as `\uXXXX`. */
export function printableJson(data: unknown, indent?: number): string {
  return JSON.stringify(data, null, indent).replace(
    /[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Prints data on standard output: as JSON where that was asked for, else as text. */
export function print(json: boolean | undefined, data: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : text())
}

/** Tells a person what goes on; never mixes with data. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

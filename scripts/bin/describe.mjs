/**
 * What went wrong with a bundle, as `file:line:column: message` with the line below it.
 * @param {unknown} error
 * @returns {Promise<string>}
 */
export async function describe(error) {
  const failure = /** @type {Error & { code?: string, errors?: readonly import('esbuild').Message[] }} */ (error)
  if (failure.code === 'ERR_MODULE_NOT_FOUND') return `error: packages are missing\nhint: run \`npm ci\` in the project folder\n`
  if (!failure.errors?.length) return `error: the commands cannot be built: ${failure.message}\n`
  return failure.errors
    .map(({ text, location }) => (location ? `${place(location)}: ${text}\n${excerpt(location)}` : `error: ${text}\n`))
    .join('')
}

/** @param {import('esbuild').Location} location */
function place({ file, line, column }) {
  return `${file}:${line}:${column + 1}`
}

/** @param {import('esbuild').Location} location */
function excerpt({ lineText, column }) {
  if (!lineText) return ''
  // As long as the name that stands in for it while bundling.
  return `  ${lineText.replaceAll('sourceModuleUrl', 'import.meta.url')}\n  ${lineText.slice(0, column).replace(/[^\t]/g, ' ')}^\n`
}

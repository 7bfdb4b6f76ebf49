import { fileURLToPath } from 'node:url'

/** The file a Pi starts, as source: what is built of it is one file. */
export const collectorEntry = fileURLToPath(new URL('collect.ts', import.meta.url))

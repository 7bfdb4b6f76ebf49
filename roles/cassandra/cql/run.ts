import type { Shell } from '../../../engine/resources/index.ts'
import { askedText, type Asked } from './asked.ts'

/** Shell text that asks `cql` here, on standard input, where no process list shows it. */
export const runCql = (asked: readonly Asked[], options = ''): Shell => `/usr/local/bin/cql ${options}<<'.'\n${askedText(asked)}\n.`

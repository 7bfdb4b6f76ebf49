import type { Shell } from '../engine/resources/kind.ts'

/** Prints the file by whose name the release of a product is known, of those that a glob finds. Builtins only. */
export const asksVersion = (glob: string): Shell => `for f in ${glob}; do printf 'version %s\\n' "\${f##*/}"; done`

/** Reads that: `5.0.6` of `version apache-cassandra-5.0.6.jar`; undefined where there was no such file. */
export const versionOf = (output: string): string | undefined => /^version \S*?-(\d[\d.]*)\.jar$/m.exec(output)?.[1]

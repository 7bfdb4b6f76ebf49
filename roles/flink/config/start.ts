import { awayFile, runFolder, temporaryFolder, tlsFiles, type Process } from './paths.ts'

/** Seconds that a start waits for a submission at most; it is over in one or two minutes. */
const patience = 600

/** Of the unit: what a start that waits may take. */
export const startTimeout = 2 * patience + 60

/** What makes a start ready, as the process's user. */
export const startPath = (process: Process): string => `/usr/local/lib/flink/start-${process}`

/** Java asks for a password of every keystore. It keeps nothing secret: the file is in memory and the user's alone, as is the key it is made of. */
export const storePassword = 'changeit'

/** The keystores of a process: its own key with its certificate, and whom it believes. */
export const stores = (process: Process) =>
  ({ own: `${runFolder(process)}/own.p12`, trusted: `${runFolder(process)}/trusted.p12` }) as const

/**
 * Makes the keystores of this start from key and certificates, and takes away what an earlier one that was killed has left. A process that makes
 * way waits while a job is submitted: before a JVM makes its keystore, and once more after it. It does not wait for ever for one that hangs.
 */
export function startScript(process: Process, makesWay = false): string {
  const { own, trusted } = stores(process)
  const waits = makesWay
    ? `flock -s -w ${patience} ${awayFile} true || echo 'a submission takes longer than ${patience} s: starts beside it' >&2\n`
    : ''
  return `#!/bin/sh
# Written by provision. Puts together what a start of the ${process} goes by.
set -eu
umask 077
${waits}rm -rf ${temporaryFolder(process)}
mkdir ${temporaryFolder(process)}
openssl pkcs12 -export -in ${tlsFiles.own} -name own -passout pass:${storePassword} -out ${own}
rm -f ${trusted}
keytool -J-Xmx32m -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 -importcert -noprompt -alias ca -file ${tlsFiles.ca} \\
  -keystore ${trusted} -storetype PKCS12 -storepass ${storePassword} 2>&1
${waits}`
}

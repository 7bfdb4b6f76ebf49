import { figuresFolder } from '../../figures-folder.ts'
import { sandbox } from '../../../engine/sandbox.ts'
import { command, file, service, type AnyResource } from '../../../engine/resources/index.ts'
import { figuresFile, figuresUnit, link, loopPath, programPath, unitPath } from './index.ts'

/**
 * Asks every ten minutes: a ring changes slowly, and Node.js takes a second of a Pi to start. A node that does not answer has no figures,
 * rather than those of long ago.
 */
const loop = `#!/bin/bash
# Written by provision. Figures of the ring that the server has no metric for, for the node exporter.
cd ${figuresFile.replace(/\/[^/]*$/, '')} || exit 1
while :; do
  if /usr/bin/node --max-old-space-size=24 ${programPath} >ring.new 2>/dev/null; then mv ring.new ring.prom; else rm -f ring.new ring.prom; fi
  sleep 600
done
`

const unit = `# Written by provision.
[Unit]
Description=Figures of the ring for the node exporter
After=cassandra.service

[Service]
ExecStart=${loopPath}
Restart=always
RestartSec=10
RuntimeDirectory=cassandra-figures
RuntimeDirectoryMode=0755
UMask=0022
Nice=19
MemoryMax=96M
${sandbox}
# It reads the login of root's own, and nothing of others.
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# The program that tells the Pi's addresses gives up what rights it has, and ends where it may not.
SystemCallFilter=capset
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`

/** Figures of the ring at work; `source`: the program as it was built. */
export function* ringFigures(source: string): Generator<AnyResource, void, AnyResource> {
  const program = yield file(programPath, { source })
  const asks = yield file(loopPath, loop, { mode: '0755' })
  const own = yield file(unitPath, unit)
  yield service(figuresUnit, { restartOn: [program, asks, own] })
  yield command('figures of the ring where the node exporter reads', {
    unless: `[ "$(readlink ${link})" = ${figuresFile} ]`,
    run: `mkdir -p ${figuresFolder} && ln -sfT ${figuresFile} ${link}`,
  })
}

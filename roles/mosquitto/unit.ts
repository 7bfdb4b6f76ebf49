import { asksOwnAddress, triesForEver, type Listen } from '../../engine/listen.ts'
import { sandbox } from '../../engine/sandbox.ts'
import { configFile, dataFolder } from './names.ts'

const lookedUp = '/run/mosquitto/fleet.conf'

export interface DropInOptions {
  readonly listen: Listen
  readonly port: number
  /** In bytes. */
  readonly memoryMax: number
}

/**
 * What is added to Debian's unit: a configuration of its own, no root at any time, and little else. An address that is not there yet, at
 * boot or while the router sleeps, ends the broker: it is tried again until it comes, for ever. A dollar for the shell is two for systemd.
 */
export function dropIn({ listen, port, memoryMax }: DropInOptions): string {
  const config = 'address' in listen ? configFile : lookedUp
  const before =
    'address' in listen
      ? ''
      : `ExecStartPre=/bin/sh -c 'a=$$(${asksOwnAddress(listen.name)}) && \
{ echo "listener ${port} $$a"; cat ${configFile}; } >${lookedUp}'\n`
  return `# Written by provision.
${triesForEver}
[Service]
# Debian's begins as root, and makes a folder for a log that is not written.
ExecStartPre=
${before}ExecStart=
ExecStart=/usr/sbin/mosquitto -c ${config}
User=mosquitto
Group=mosquitto
RuntimeDirectory=mosquitto
RuntimeDirectoryMode=0750
StateDirectory=mosquitto
StateDirectoryMode=0750
Restart=always
RestartSec=5
TimeoutStopSec=60
LimitNOFILE=4096
MemoryMax=${Math.ceil(memoryMax / 2 ** 20)}M
OOMPolicy=stop
UMask=0077
ReadWritePaths=${dataFolder}
${sandbox}
MemoryDenyWriteExecute=yes
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# The program that tells the Pi's addresses gives up what rights it has, and ends where it may not.
SystemCallFilter=capset
SystemCallErrorNumber=EPERM
`
}

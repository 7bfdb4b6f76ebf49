/** The program: it keeps a temperature, and says so. */
export function keeps(head: string, degrees: number): string {
  return `#!/bin/bash
${head}
trap 'exit 0' TERM
while :; do echo ${degrees} >/run/thermostat/degrees; sleep 1 & wait; done
`
}

/** One answer over HTTP, on standard input and output. */
export const page = `#!/bin/bash
while IFS= read -r line; do [ -n "\${line%$'\\r'}" ] || break; done
read -r degrees </run/thermostat/degrees
printf 'HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\nthermostat_degrees %s\\n' "$degrees"
`

export const unit = `[Service]
ExecStart=/usr/local/bin/thermostat
RuntimeDirectory=thermostat
Restart=always

[Install]
WantedBy=multi-user.target
`

export const pageUnit = `[Service]
ExecStart=/usr/local/bin/thermostat-page
StandardInput=socket
`

export function pageSocket(port: number): string {
  return `[Socket]
ListenStream=${port}
Accept=yes

[Install]
WantedBy=sockets.target
`
}

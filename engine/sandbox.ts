/**
 * Lines for the section `Service` of a unit whose program runs as a user of its own, talks to the network and writes to its own folders
 * only: it sees no other program, no home, no device, gains no right, and changes nothing of the system. Which calls of the kernel it may
 * make, the unit says itself.
 */
export const sandbox = `ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
# Which addresses the Pi has is asked over netlink.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native`

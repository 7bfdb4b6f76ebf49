import type { Architecture, Host, Release } from '../../engine/inventory/types.ts'

const ofNode: Readonly<Record<string, Architecture>> = { x64: 'amd64', arm64: 'arm64', arm: 'armhf' }

/** Debian's name of this machine's processor; amd64 when Node's is not one of ours. */
export const nativeArch: Architecture = ofNode[process.arch] ?? 'amd64'

/** Release and architecture of a host's root file system; bookworm on the machine's own processor unless the inventory says other. */
export function userlandOf(host: Host): { readonly release: Release; readonly arch: Architecture } {
  return { release: host.os ?? 'bookworm', arch: host.arch ?? nativeArch }
}

/** True when programs of that architecture need qemu here. */
export function isForeign(arch: Architecture | undefined): boolean {
  return arch !== undefined && arch !== nativeArch
}

/** qemu-user's name of an architecture, as binfmt_misc and the package know it. */
export function qemuName(arch: Architecture): string {
  return { amd64: 'x86_64', arm64: 'aarch64', armhf: 'arm' }[arch]
}

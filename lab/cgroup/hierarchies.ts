/** Where this machine's cgroup hierarchies are mounted. v1 machines have one a controller, v2 machines a single one, some have both. */
export interface Hierarchies {
  /** v1 controller name (`memory`, `cpu`, `name=systemd`, …) to mount point. */
  readonly v1: ReadonlyMap<string, string>
  /** Mount point of the v2 hierarchy. */
  readonly v2: string | undefined
}

const controllers = ['memory', 'cpu', 'cpuacct', 'cpuset', 'freezer', 'name=systemd']

/** Reads /proc/self/mounts. */
export function parseMounts(mounts: string): Hierarchies {
  const v1 = new Map<string, string>()
  let v2: string | undefined
  for (const line of mounts.split('\n')) {
    const [, where, type, options] = line.split(' ')
    if (where === undefined) continue
    if (type === 'cgroup2') v2 ??= where
    if (type === 'cgroup') for (const option of options?.split(',') ?? []) if (controllers.includes(option)) v1.set(option, where)
  }
  return { v1, v2 }
}

/** The hierarchy by which processes of the lab are found again; systemd inside a host moves its own only below their group. */
export function identifying(hierarchies: Hierarchies): string | undefined {
  return hierarchies.v2 ?? hierarchies.v1.get('name=systemd') ?? hierarchies.v1.get('memory')
}

/** Every mount point once, the identifying one first. */
export function mountPoints(hierarchies: Hierarchies): string[] {
  const first = identifying(hierarchies)
  return [...new Set([...(first ? [first] : []), ...hierarchies.v1.values()])]
}

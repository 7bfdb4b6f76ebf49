import type { BackupOf, Looked, PartReader, Piece, Restoring, RoleBackup } from '../../../engine/backup/index.ts'
import type { Shell } from '../../../engine/resources/index.ts'
import { stateFolder } from '../config/yaml.ts'
import { nodesOf } from '../nodes.ts'
import type { CassandraVars } from '../vars.ts'
import { SstablesReader } from './sstables.ts'

/** What the names of our snapshots begin with; those of a person have others. */
const tag = 'fleet-backup'
/** The name of the one that is taken. Each run has its own: what a killed run still has at work in the server does not get into another's. */
const tagFile = `${stateFolder}/backup-tag`
const nodetool = '/usr/local/bin/nodetool'
const data = `${stateFolder}/data`
/**
 * Among the server's data, for it may write nowhere else. Each run unpacks into a folder of its own: the server may still take in what a killed
 * one unpacked.
 */
const arriving = `${data}/restoring`

/** Takes away snapshots of runs before. */
const forgets = ({ keyspace }: CassandraVars): Shell =>
  `for old in $(ls -d ${data}/${keyspace}/*/snapshots/${tag}* 2>/dev/null | sed 's,.*/,,' | sort -u); do ${nodetool} clearsnapshot -t "$old" >/dev/null || exit 1; done`

/** Hard links: they take no room as long as the server compacts nothing. The name is on the card before there is anything of it. */
const snapshot = (vars: CassandraVars): Shell => `${forgets(vars)}
tag=${tag}-$(date +%s%N) && printf '%s' "$tag" >${tagFile} && ${nodetool} snapshot -t "$tag" ${vars.keyspace} >/dev/null`

const readsTag: Shell = `tag=$(cat ${tagFile}) && [ -n "$tag" ] || { echo 'there is no snapshot' >&2; exit 1; }`

/** The files of a snapshot, as `./KEYSPACE/TABLE/FILE`. The last that the server writes of each is its schema. */
const archive = ({ keyspace }: CassandraVars): Shell => `${readsTag}
cd ${data} || exit 1
for each in ./${keyspace}/*/snapshots/"$tag"/; do [ -e "$each"schema.cql ] || { echo "the snapshot is not whole: $each has no schema.cql" >&2; exit 1; }; done
find ./${keyspace} -path "*/snapshots/$tag/*" -type f -name '*-*-*-*.*' -print0 |
LC_ALL=C sort -z | tar -c --null --no-recursion --format=gnu --transform="s,-[0-9a-f]*/snapshots/$tag/,/," -T - -f -`

/** How tables were made, and where the node stood in its ring, for a person to read. */
const schema = ({ keyspace }: CassandraVars): Shell => `${readsTag}
echo '-- tokens of this node:'; sed 's/^/-- /' ${stateFolder}/tokens.yaml 2>/dev/null
for f in ${data}/${keyspace}/*/snapshots/"$tag"/schema.cql; do [ -e "$f" ] || { echo 'the snapshot has no schema' >&2; exit 1; }; cat "$f"; echo; done
echo '-- end of the schema'`

/** The schema has an end, and a table at least. */
class SchemaReader implements PartReader {
  #text = ''

  push(piece: Uint8Array): void {
    this.#text += Buffer.from(piece).toString('latin1')
  }

  end(): Looked {
    if (!this.#text.trimEnd().endsWith('-- end of the schema')) throw new Error('the schema is cut off')
    const tables = this.#text.match(/^CREATE TABLE /gm)?.length ?? 0
    if (tables === 0) throw new Error('the schema has no table')
    return { figures: { tables } }
  }
}

/** Makes what is not there. Comments are no CQL that a server would be asked. */
const makesTables: Shell = `sed '/^ *--/d' | /usr/local/bin/cql`

/**
 * Lets the server take SSTables of another node: it keeps what is newer, whatever order they come in, so twice is as once. The archive is unpacked
 * by the server's own user, in a folder that others do not write to.
 */
function takes({ keyspace }: CassandraVars, bytes: number): Shell {
  // What a run that was cut off left there takes the room that is asked for. One that fails leaves nothing: all of it comes again.
  return `rm -rf ${arriving}*; at=${arriving}.$(date +%s%N); trap 'rm -rf "$at"' EXIT
free=$(df -B1 --output=avail ${stateFolder} | tail -n 1)
[ "$free" -gt ${bytes * 2} ] || { echo "it needs ${bytes * 2} bytes on the card for a while, and there are $free" >&2; exit 1; }
install -d -m 0750 -o cassandra -g cassandra "$at" && runuser -u cassandra -- tar -x -f - -C "$at" --no-same-owner || exit 1
[ -n "$(ls -A "$at")" ] || exit 0
[ -d "$at"/${keyspace} ] || { echo "it is a backup of the keyspace $(ls "$at"), and this ring's is ${keyspace}: nothing was taken" >&2; exit 1; }
for each in "$at"/${keyspace}/*/; do
[ -d "$each" ] || continue
table=\${each%/}; table=\${table##*/}
${nodetool} import -t ${keyspace} "$table" "$each" || exit 1
done`
}

/** Tables and SSTables of each node. */
export const cassandraBackup: RoleBackup<CassandraVars> = {
  begins: ({ vars }) => snapshot(vars),
  ends: () => `${readsTag}
${nodetool} clearsnapshot -t "$tag" >/dev/null`,
  parts: ({ vars }) => [
    { name: 'schema', takes: schema(vars) },
    { name: 'sstables', takes: archive(vars) },
  ],
  reader: name => (name === 'schema' ? new SchemaReader() : new SstablesReader()),
  restores: (of, pieces) => restores(of, pieces),
  // With a copy elsewhere it comes from there, and is newer.
  whenReplaced: ({ vars }) => vars.replication === 1,
}

/**
 * Every node takes the SSTables of all, then gives away what others own: so a ring of any size gets back one of any other. A node has room for
 * all of one piece at a time, twice.
 */
function restores({ host, fleet, vars }: BackupOf<CassandraVars>, pieces: readonly Piece[]): readonly Restoring[] {
  const nodes = nodesOf(fleet)
  const first = nodes[0]?.name === host.name ? pieces.find(({ name }) => name === 'schema') : undefined
  const tables = pieces.filter(({ name }) => name === 'sstables')
  if (tables.length === 0) return []
  return [
    ...(first ? [{ piece: first, does: 'tables that are not there', run: makesTables }] : []),
    ...tables.map(piece => ({ piece, does: 'rows that are not there', run: takes(vars, piece.bytes) })),
    ...(nodes.length > vars.replication ? [{ does: 'gives away what other nodes own', run: `${nodetool} cleanup ${vars.keyspace}` }] : []),
  ]
}

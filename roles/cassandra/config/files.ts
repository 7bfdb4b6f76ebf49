import { sandbox } from '../../../engine/sandbox.ts'
import { stringify } from 'yaml'
import { topology } from '../vars.ts'
import type { CassandraVars } from '../vars.ts'
import { startPath } from './start.ts'
import { dataNames, stateFolder } from './yaml.ts'

export const rackdc = `dc=${topology.datacenter}\nrack=${topology.rack}\n`

/** Everything goes to the journal, which is bounded. */
export function logback(level: 'INFO' | 'ERROR', target: 'System.out' | 'System.err'): string {
  return `<configuration>
  <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
    <target>${target}</target>
    <encoder><pattern>%-5level [%thread] %logger{0} - %msg%n</pattern></encoder>
  </appender>
  <root level="${level}"><appender-ref ref="CONSOLE"/></root>
</configuration>
`
}

/**
 * What Prometheus gets. Only beans that are named are asked for: a catch-all costs seconds a scrape and nearly 200 MiB here.
 */
export function jmxExporter(vars: Pick<CassandraVars, 'keyspace'>): string {
  const bean = (rest: string) => `org.apache.cassandra.metrics:${rest}`
  return stringify(
    {
      lowercaseOutputName: true,
      lowercaseOutputLabelNames: true,
      includeObjectNames: [
        bean('type=ClientRequest,scope=Read,name=*'),
        bean('type=ClientRequest,scope=Write,name=*'),
        bean(`type=Table,keyspace=${vars.keyspace},scope=*,name=LiveDiskSpaceUsed`),
        bean(`type=Table,keyspace=${vars.keyspace},scope=*,name=LiveSSTableCount`),
        bean('type=Storage,name=Load'),
        bean('type=Storage,name=Exceptions'),
        bean('type=Storage,name=TotalHints'),
        bean('type=Compaction,name=PendingTasks'),
        bean('type=Client,name=connectedNativeClients'),
        bean('type=CommitLog,name=PendingTasks'),
        bean('type=ThreadPools,path=request,scope=MutationStage,name=PendingTasks'),
        bean('type=ThreadPools,path=request,scope=ReadStage,name=PendingTasks'),
        bean('type=DroppedMessage,scope=MUTATION_REQ,name=Dropped'),
        bean('type=DroppedMessage,scope=READ_REQ,name=Dropped'),
        'org.apache.cassandra.net:type=FailureDetector',
      ],
      rules: [
        {
          pattern: 'org.apache.cassandra.metrics<type=Table, keyspace=(\\w+), scope=(\\w+), name=(\\w+)><>(Count|Value)',
          name: 'cassandra_table_$3',
          labels: { keyspace: '$1', table: '$2' },
        },
        {
          pattern: 'org.apache.cassandra.metrics<type=(\\w+), path=\\w+, scope=(\\w+), name=(\\w+)><>(Count|Value)',
          name: 'cassandra_$1_$3',
          labels: { scope: '$2' },
        },
        {
          pattern: 'org.apache.cassandra.metrics<type=(\\w+), scope=(\\w+), name=(\\w+)><>(Count|Value)',
          name: 'cassandra_$1_$3',
          labels: { scope: '$2' },
        },
        {
          pattern: 'org.apache.cassandra.metrics<type=(\\w+), scope=(\\w+), name=(\\w+)><>(50|95|99)thPercentile',
          name: 'cassandra_$1_$3_percentile',
          labels: { scope: '$2', quantile: '0.$4' },
        },
        { pattern: 'org.apache.cassandra.metrics<type=(\\w+), name=(\\w+)><>(Count|Value)', name: 'cassandra_$1_$2' },
        { pattern: 'org.apache.cassandra.net<type=FailureDetector><>(UpEndpointCount|DownEndpointCount)', name: 'cassandra_nodes_$1' },
      ],
    },
    { lineWidth: 0 },
  )
}

/** Runs java directly. `start.ts` puts together the settings of each start. */
export const unit = `# Written by provision.
[Unit]
Description=Cassandra
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
User=cassandra
Group=cassandra
RuntimeDirectory=cassandra
Environment=MALLOC_ARENA_MAX=2
ExecStartPre=${startPath}
ExecStart=/usr/bin/java @/etc/cassandra/jvm.options @/etc/cassandra/open.options @${stateFolder}/first.options @/run/cassandra/agent.options -cp /etc/cassandra:/opt/cassandra/lib/* org.apache.cassandra.service.CassandraDaemon
# 143: ended by SIGTERM, as asked.
SuccessExitStatus=143
Restart=on-failure
RestartSec=15
TimeoutStopSec=180
LimitNOFILE=100000
LimitMEMLOCK=infinity
LimitNPROC=32768
UMask=0027
# The folders of its data are all it may write to; what lies beside them is root's.
StateDirectory=${dataNames.map(name => `cassandra/${name}`).join(' ')}
StateDirectoryMode=0750
${sandbox}
# It locks its memory, which is in there. Its compiler writes code, so memory may be both writable and executable.
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
# The program that tells the Pi's addresses gives up what rights it has, and ends where it may not.
SystemCallFilter=capset
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`

/** `nodetool` without the release's scripts: a small JVM that compiles little, for it lives a second. */
export const nodetool = `#!/bin/sh
exec /usr/bin/java -Xmx64m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \\
  -Dcassandra.storagedir=/tmp -Dcassandra.logdir=/tmp -Dlogback.configurationFile=/etc/cassandra/logback-tools.xml \\
  @/etc/cassandra/open.options -cp '/opt/cassandra/lib/*' org.apache.cassandra.tools.NodeTool "$@"
`

/** The program behind `cql`. */
export const cqlProgram = '/usr/local/lib/cassandra/cql.cjs'

export const cql = `#!/bin/sh\nexec /usr/bin/node ${cqlProgram} "$@"\n`

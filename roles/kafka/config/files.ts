import { sandbox } from '../../../engine/sandbox.ts'
import { stringify } from 'yaml'
import { settingsFile, stateFolder } from './paths.ts'
import { startPath } from './start.ts'

/** Everything goes to the journal, which is bounded. */
export const log4j = `# Written by provision.
status=warn
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%-5level %logger{1} - %msg%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
logger.server.name=kafka.server
logger.server.level=info
logger.raft.name=org.apache.kafka.raft
logger.raft.level=info
# The whole configuration at each start, which is in /run/kafka.
logger.config.name=org.apache.kafka.common.config
logger.config.level=warn
`

/** What Prometheus gets. Only beans that are named are asked for: there are thousands. */
export const jmxExporter = stringify(
  {
    lowercaseOutputName: true,
    lowercaseOutputLabelNames: true,
    includeObjectNames: [
      'kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec',
      'kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,*',
      'kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec,*',
      'kafka.server:type=ReplicaManager,name=PartitionCount',
      'kafka.server:type=ReplicaManager,name=LeaderCount',
      'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions',
      'kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount',
      'kafka.server:type=ReplicaManager,name=OfflineReplicaCount',
      'kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent',
      'kafka.server:type=KafkaServer,name=BrokerState',
      'kafka.controller:type=KafkaController,name=ActiveControllerCount',
      'kafka.controller:type=KafkaController,name=OfflinePartitionsCount',
      'kafka.log:type=Log,name=Size,topic=*,partition=*',
    ],
    rules: [
      {
        pattern: 'kafka.log<type=Log, name=Size, topic=(.+), partition=(.+)><>Value',
        name: 'kafka_log_size_bytes',
        labels: { topic: '$1', partition: '$2' },
      },
      {
        pattern: 'kafka.server<type=BrokerTopicMetrics, name=(\\w+)PerSec, topic=(.+)><>Count',
        name: 'kafka_topic_$1_total',
        labels: { topic: '$2' },
        type: 'COUNTER',
      },
      { pattern: 'kafka.server<type=BrokerTopicMetrics, name=(\\w+)PerSec><>Count', name: 'kafka_$1_total', type: 'COUNTER' },
      { pattern: 'kafka.server<type=KafkaRequestHandlerPool, name=(\\w+)Percent><>OneMinuteRate', name: 'kafka_$1_ratio' },
      { pattern: 'kafka.(\\w+)<type=\\w+, name=(\\w+)><>Value', name: 'kafka_$1_$2' },
    ],
  },
  { lineWidth: 0 },
)

/** Folders below the state that are the server's own; what lies beside them is root's. */
const own = ['data', 'dump'] as const

/** Runs java directly. `start.ts` puts together the settings of each start. */
export const unit = `# Written by provision.
[Unit]
Description=Kafka
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
User=kafka
Group=kafka
RuntimeDirectory=kafka
LogsDirectory=kafka
Environment=MALLOC_ARENA_MAX=2
ExecStartPre=${startPath}
ExecStart=/usr/bin/java @/etc/kafka/jvm.options @/run/kafka/agent.options -cp /opt/kafka/lib/* kafka.Kafka ${settingsFile}
# 143: ended by SIGTERM, as asked: it hands its partitions to others first.
SuccessExitStatus=143
Restart=on-failure
RestartSec=10
TimeoutStopSec=180
LimitNOFILE=100000
UMask=0027
StateDirectory=${own.map(name => `kafka/${name}`).join(' ')}
StateDirectoryMode=0750
# Its segments, and nothing else, ${stateFolder} itself is root's.
${sandbox}
# Its compiler writes code, so memory may be both writable and executable.
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
# The program that tells the Pi's addresses gives up what rights it has, and ends where it may not.
SystemCallFilter=capset
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`

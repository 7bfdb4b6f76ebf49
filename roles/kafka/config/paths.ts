/** Where the broker's state is: all below one folder, which is root's. */
export const stateFolder = '/var/lib/kafka'

/** The only folder the broker writes its readings to. */
export const dataFolder = `${stateFolder}/data`

/** What Kafka notes in there when it is formatted: the cluster's id, the broker's, and the folder's own. */
export const metaFile = `${dataFolder}/meta.properties`

/** Garbage collection's log, and the one heap dump that is kept. */
export const logFolder = '/var/log/kafka'

/** What a start goes by: the settings of this Pi, then those of the fleet. */
export const settingsFile = '/run/kafka/server.properties'

/** Where a broker has its key and certificate, and the CA's. */
export const tlsFiles = { own: '/etc/kafka/tls/broker.pem', ca: '/etc/kafka/tls/ca.pem' } as const

/** The name a sink's certificate has. */
export const sinkName = (host: string): string => `sink.${host}`

/** The name the broker's own certificate has; as a client it may look at the broker's figures. */
export const brokerName = (host: string): string => `broker.${host}`

export const configFile = '/etc/mosquitto/fleet.conf'
export const aclFile = '/etc/mosquitto/fleet.acl'
export const dropInFile = '/etc/systemd/system/mosquitto.service.d/fleet.conf'
export const tlsFolder = '/etc/mosquitto/fleet-tls'
export const tlsFiles = { own: `${tlsFolder}/broker.pem`, ca: `${tlsFolder}/ca.pem`, revoked: `${tlsFolder}/revoked.pem` } as const
export const dataFolder = '/var/lib/mosquitto'

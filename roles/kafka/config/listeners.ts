import { withPort } from '../../../engine/inventory/address.ts'
import type { Member } from '../members.ts'
import { tlsFiles } from './paths.ts'

/** Who a broker is to others, by its certificate. */
export const brokerPrincipal = 'broker'

/** Begins the subject of each broker's certificate, and of no other that the fleet's CA signs. */
export const subjectOf = (name: string): string => `kafka:${name}`

/** Where a controller is reached by other brokers. */
export const controllerEndpoint = ({ host, vars }: Member): string => withPort(host.address, vars.controllerPort)

/** Where others reach a broker as one of the cluster. */
export const brokerEndpoint = ({ host, vars }: Member): string => withPort(host.address, vars.brokerPort)

/** Where clients reach it. */
export const clientEndpoint = ({ host, vars }: Member): string => withPort(host.address, vars.port)

/**
 * The part of server.properties about who may connect. Brokers and controllers show each other certificates: any of the fleet's brokers is then
 * `broker`, so a new one is known without a word to those that run. Clients see the broker's certificate and give a name with a password.
 */
export function listenerSettings(member: Member): Readonly<Record<string, string | number | boolean>> {
  const listeners = [
    `CLIENTS://${clientEndpoint(member)}`,
    `BROKERS://${brokerEndpoint(member)}`,
    `CONTROLLERS://${controllerEndpoint(member)}`,
  ].join(',')
  const between = (listener: string) => ({
    [`listener.name.${listener}.ssl.client.auth`]: 'required',
    // A certificate of the fleet for something else is somebody who may do nothing.
    [`listener.name.${listener}.ssl.principal.mapping.rules`]: `RULE:^CN=${subjectOf('[^,]+')}$/${brokerPrincipal}/,DEFAULT`,
  })
  return {
    listeners,
    'advertised.listeners': listeners,
    'listener.security.protocol.map': 'CLIENTS:SASL_SSL,BROKERS:SSL,CONTROLLERS:SSL',
    'inter.broker.listener.name': 'BROKERS',
    'controller.listener.names': 'CONTROLLERS',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': tlsFiles.own,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': tlsFiles.ca,
    'ssl.enabled.protocols': 'TLSv1.3',
    'ssl.protocol': 'TLSv1.3',
    ...between('brokers'),
    ...between('controllers'),
    'listener.name.clients.ssl.client.auth': 'none',
    'listener.name.clients.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.clients.scram-sha-512.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${brokerPrincipal}`,
    'allow.everyone.if.no.acl.found': false,
  }
}

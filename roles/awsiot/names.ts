/** What a host's certificate request is kept as. */
export const requestName = (host: string): string => `${host}.csr`

/** What requests of a host are kept as while its key is renewed: the coming one, the one before, and the one before when it is shut out. */
export const renewalNames = (host: string) => ({ next: `${host}.next.csr`, former: `${host}.former.csr`, retired: `${host}.retired.csr` })

/** What the deployed stack says is kept as. */
export const outputsName = 'outputs.json'

/** The folder of a Pi with all it shows to AWS, under AWS's own names. */
export const folder = '/etc/awsiot'

/** The agent's user. */
export const owner = 'collector'

/** The name of the stack. */
export const stackName = 'iot'

/** What a host's certificate request is kept as. */
export const requestName = (host: string): string => `${host}.csr`

/** What the deployed stack says is kept as. */
export const outputsName = 'outputs.json'

/** The folder of a Pi with all it shows to AWS, under AWS's own names. */
export const folder = '/etc/awsiot'

/** The name of the stack. */
export const stackName = 'iot'

/** A text as a CQL string. There are no escapes in it but the doubled quote. For what no statement lets bind, e.g. passwords. */
export const cqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** A name as a CQL identifier, taken as it is written. */
export const cqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A map of texts, as CQL writes it. */
export const cqlMap = (map: Readonly<Record<string, string>>): string =>
  `{${Object.entries(map)
    .map(([name, value]) => `${cqlText(name)}: ${cqlText(value)}`)
    .join(', ')}}`

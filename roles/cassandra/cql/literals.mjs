/** A text as a CQL string. There are no escapes in it but the doubled quote. */
export function cqlText(text) {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as a CQL identifier, taken as it is written. */
export function cqlName(name) {
  return `"${name.replaceAll('"', '""')}"`
}

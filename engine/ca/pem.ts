const blocks = /-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g

/** The private key and the first certificate of a PEM text, each with a newline at its end. */
export function splitPem(text: string): { readonly key: string | undefined; readonly certificate: string | undefined } {
  const found = [...text.matchAll(blocks)].map(([block, kind]) => ({ block: `${block}\n`, kind }))
  return {
    key: found.find(({ kind }) => kind === 'PRIVATE KEY')?.block,
    certificate: found.find(({ kind }) => kind === 'CERTIFICATE')?.block,
  }
}

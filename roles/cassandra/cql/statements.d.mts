/** One thing `cql` is asked for. */
export type Asked = { readonly cql: string } | { readonly word: 'login' | 'claim'; readonly user: string; readonly password: string }

export function statements(text: string): Asked[]

export function cqlText(text: string): string
export function cqlName(name: string): string

/** What is below 10^15 is a whole number in a double. */
const WHOLE = /^\d{1,15}$/

/** The number that a text from the network writes in decimal digits; null when it is anything else. */
export function parseWhole(text: string | null | undefined): number | null {
  return typeof text === 'string' && WHOLE.test(text) ? Number(text) : null
}

/** The text of a reply that is one: '' for a list, a map or nothing. */
export function textOf(reply: unknown): string {
  return typeof reply !== 'object' || Buffer.isBuffer(reply) ? String(reply ?? '') : ''
}

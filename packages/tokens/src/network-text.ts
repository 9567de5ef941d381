/** A double represents every whole number below 10^15 exactly. */
const WHOLE = /^\d{1,15}$/

/** Parses a number in decimal digits from the network. Returns null for any other text. */
export function parseWhole(text: string | null | undefined): number | null {
  return typeof text === 'string' && WHOLE.test(text) ? Number(text) : null
}

/** Returns the text of a reply, or '' if the reply is a list, a map or null. */
export function textOf(reply: unknown): string {
  return typeof reply !== 'object' || Buffer.isBuffer(reply) ? String(reply ?? '') : ''
}

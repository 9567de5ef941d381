import { errorReply } from '../resp/reply.ts'

/**
 * One command of a client, or a transaction of it, on its way to Redis. `answer` is called exactly once, with the bytes
 * for the client.
 */
export interface Call {
  /** The client's logical database. */
  db: number
  /** The commands as they are forwarded. More than one only in a transaction. */
  commands: readonly Buffer[]
  /** Names of the commands in lower case, for messages. */
  names: readonly string[]
  isTransaction: boolean
  /** The connection that watches keys for this transaction. On another one it is not done. */
  watchedBy?: object
  /** When the proxy gives up (monotonic ms). */
  untilMs: number
  /** Whether its client has gone: then it is not sent any more. */
  isAbandoned: () => boolean
  answer: (reply: Buffer) => void
}

export const bytesOf = ({ commands }: Pick<Call, 'commands'>): number =>
  commands.reduce((sum, { length }) => sum + length, 0)

/** Nothing of the call was done: it is safe to repeat it. INV-PROXY-3. */
export const unavailable = (reason: string): Buffer =>
  errorReply(`UNAVAILABLE Nothing was done. ${reason} It is safe to try again.`)

/** Commands that take an element out: with their answer, the element may be lost. */
const TAKES_ELEMENTS =
  /^(?:[lr]pop|[lb]?[lr]?mpop|b[lr]pop|spop|z(?:m?pop|popmin|popmax)|bz.*|getdel|l?move|rpoplpush|brpoplpush|blmove)$/

/** It is not known whether the call was done. */
export function uncertain({ names }: Pick<Call, 'names'>, reason: string): Buffer {
  const lost = names.some((name) => TAKES_ELEMENTS.test(name)) ? ' An element that it took may be lost.' : ''
  return errorReply(`UNCERTAIN It is not known whether ${names[0]?.toUpperCase()} was done. ${reason}${lost}`)
}

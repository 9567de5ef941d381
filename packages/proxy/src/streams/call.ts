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
  /** It changes nothing: it can be asked again, whatever became of it. */
  isRead: boolean
  /** Its client. */
  sender: object
  /** The connection that watches keys for this transaction. On another one it is not done. */
  watchedBy?: object
  /** When the proxy gives up (monotonic ms). Infinite: it has given up. */
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

const lossOf = ({ names }: Pick<Call, 'names'>): string =>
  names.some((name) => TAKES_ELEMENTS.test(name)) ? ' An element that it took may be lost.' : ''

const nameOf = ({ names }: Pick<Call, 'names'>): string =>
  names.length > 1 ? 'the transaction' : (names[0]?.toUpperCase() ?? 'the command')

/** The call was done, and only the server knew its answer. */
export const answerLost = (call: Pick<Call, 'names'>): Buffer =>
  errorReply(
    `UNCERTAIN Redis executed ${nameOf(call)}, but the connection ended before the answer came.${lossOf(call)}`,
  )

/** It is not known whether the call was done. */
export const uncertain = (call: Pick<Call, 'names'>, reason: string): Buffer =>
  errorReply(`UNCERTAIN It is not known whether ${nameOf(call)} was done. ${reason}${lossOf(call)}`)

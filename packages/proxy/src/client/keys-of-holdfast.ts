import { HOLDFAST_DB, isReserved } from '../commands/refusals.ts'
import { array, isError } from '../resp/reply.ts'
import { elementsOf } from '../resp/reply-splitter.ts'

/** Commands that answer with the names of keys. */
const LISTS_KEYS = new Set(['keys', 'scan'])

/** Whether a command lists the keys of the database that also holds those of Holdfast. */
export const listsKeysOfHoldfast = (name: string, db: number): boolean =>
  db === HOLDFAST_DB && LISTS_KEYS.has(name)

/** The answer to KEYS or SCAN without the keys of Holdfast. */
export function withoutKeysOfHoldfast(reply: Buffer): Buffer {
  const elements = isError(reply) ? null : elementsOf(reply)
  if (elements === null) return reply
  // SCAN answers with its cursor and an array.
  const [cursor, page] = elements
  if (cursor !== undefined && page?.[0] === ARRAY) return array([cursor, withoutKeysOfHoldfast(page)])
  return array(elements.filter((element) => !isReserved(element.subarray(element.indexOf(LF) + 1))))
}

const ARRAY = 0x2a
const LF = 10

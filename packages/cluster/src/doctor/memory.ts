import { roomyLimit, usedBytes } from '../redis/memory.ts'
import { answering, type Snapshot } from './snapshot.ts'

/** What the fullest Redis uses, in bytes: any of them may be the primary tomorrow. */
export const mostUsedBytes = ({ redis }: Snapshot): number =>
  Math.max(...answering(redis).map(({ facts }) => usedBytes(facts)))

/** The limit that leaves room on every Redis, in bytes. */
export const neededBytes = (snapshot: Snapshot): number => roomyLimit(mostUsedBytes(snapshot))

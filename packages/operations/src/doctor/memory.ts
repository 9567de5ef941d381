import { answering } from '@holdfast/agent/group/health'
import { roomyLimit, usedBytes } from '@holdfast/agent/redis/memory'
import type { Snapshot } from './snapshot.ts'

/** The bytes used by the fullest Redis. Any Redis may become the primary. */
export const mostUsedBytes = ({ redis }: Snapshot): number =>
  Math.max(...answering(redis).map(({ facts }) => usedBytes(facts)))

/** The limit that leaves room on every Redis, in bytes. */
export const neededBytes = (snapshot: Snapshot): number => roomyLimit(mostUsedBytes(snapshot))

/** `12,345`, for a number of bytes in a sentence. */
export const formatCount = (number: number): string => number.toLocaleString('en-US')

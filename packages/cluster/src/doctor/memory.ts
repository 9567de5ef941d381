import { answering } from './group-state.ts'
import type { RedisFacts, Snapshot } from './snapshot.ts'

/** The share of its limit above which a memory is nearly full. */
const NEARLY_FULL = 0.8

/** The part of its `maxmemory` that a Redis uses, in bytes. */
export const usedBytes = ({ info }: Pick<RedisFacts, 'info'>): number =>
  Number(info['used_memory']) - Number(info['mem_not_counted_for_evict'] ?? 0)

/** Whether a Redis that uses so many bytes would soon refuse logins with that limit. */
export const fillsMemory = (usedBytes: number, limitBytes: number): boolean =>
  usedBytes > NEARLY_FULL * limitBytes

/** The smallest limit (in MiB) that the used memory does not fill. */
export const roomyLimitMb = (usedBytes: number): number => Math.ceil(usedBytes / NEARLY_FULL / 1024 ** 2)

/** The bytes used by the fullest Redis. Any Redis may become the primary. */
export const mostUsedBytes = ({ redis }: Snapshot): number =>
  Math.max(...answering(redis).map(({ facts }) => usedBytes(facts)))

/** The limit that leaves room on every Redis, in bytes. */
export const neededBytes = (snapshot: Snapshot): number => Math.ceil(mostUsedBytes(snapshot) / NEARLY_FULL)

/** `12,345`, for a number of bytes in a sentence. */
export const formatCount = (number: number): string => number.toLocaleString('en-US')

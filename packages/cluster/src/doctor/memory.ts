import { answering, type RedisFacts, type Snapshot } from './snapshot.ts'

/** Fuller than that, a memory is nearly full. */
export const NEARLY_FULL = 0.8

/** What a Redis uses of its `maxmemory`, in bytes. */
export const usedBytes = ({ info }: RedisFacts): number =>
  Number(info['used_memory']) - Number(info['mem_not_counted_for_evict'])

/** The limit that leaves room on every Redis, in bytes: any of them may be the primary tomorrow. */
export const neededBytes = (snapshot: Snapshot): number =>
  Math.ceil(Math.max(...answering(snapshot.redis).map(({ facts }) => usedBytes(facts))) / NEARLY_FULL)

import { answering, type RedisFacts, type Snapshot } from './snapshot.ts'

/** Fuller than that, a memory is nearly full. */
const NEARLY_FULL = 0.8

/** What a Redis uses of its `maxmemory`, in bytes. */
export const usedBytes = ({ info }: Pick<RedisFacts, 'info'>): number =>
  Number(info['used_memory']) - Number(info['mem_not_counted_for_evict'] ?? 0)

/** Whether so much memory is used that a limit of so many bytes would soon refuse logins. */
export const fillsMemory = (usedBytes: number, limitBytes: number): boolean =>
  usedBytes > NEARLY_FULL * limitBytes

/** The smallest limit (in MiB) that so much used memory does not fill. */
export const roomyLimitMb = (usedBytes: number): number => Math.ceil(usedBytes / NEARLY_FULL / 1024 ** 2)

/** What the fullest Redis uses, in bytes: any of them may be the primary tomorrow. */
export const mostUsedBytes = ({ redis }: Snapshot): number =>
  Math.max(...answering(redis).map(({ facts }) => usedBytes(facts)))

/** The limit that leaves room on every Redis, in bytes. */
export const neededBytes = (snapshot: Snapshot): number => Math.ceil(mostUsedBytes(snapshot) / NEARLY_FULL)

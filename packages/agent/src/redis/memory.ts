/** The share of `maxmemory` above which the memory counts as nearly full. */
const NEARLY_FULL = 0.8

/** The memory of a Redis that counts towards its `maxmemory`, in bytes. */
export const usedBytes = ({ info }: { info: Readonly<Record<string, string>> }): number =>
  Number(info['used_memory']) - Number(info['mem_not_counted_for_evict'] ?? 0)

/** Whether the used memory is so close to the limit that Redis would soon refuse logins. */
export const fillsMemory = (usedBytes: number, limitBytes: number): boolean =>
  usedBytes > NEARLY_FULL * limitBytes

/** The smallest limit, in MiB, that the used memory does not fill. */
export const roomyLimitMb = (usedBytes: number): number => Math.ceil(usedBytes / NEARLY_FULL / 1024 ** 2)

/** The smallest limit, in bytes, that the used memory does not fill. */
export const roomyLimit = (usedBytes: number): number => Math.ceil(usedBytes / NEARLY_FULL)

/** Fuller than that, a memory is nearly full. */
const NEARLY_FULL = 0.8

/** What a Redis uses of its `maxmemory`, in bytes. */
export const usedBytes = ({ info }: { info: Readonly<Record<string, string>> }): number =>
  Number(info['used_memory']) - Number(info['mem_not_counted_for_evict'] ?? 0)

/** Whether so much memory is used that a limit of so many bytes would soon refuse logins. */
export const fillsMemory = (usedBytes: number, limitBytes: number): boolean =>
  usedBytes > NEARLY_FULL * limitBytes

/** The smallest limit (in MiB) that so much used memory does not fill. */
export const roomyLimitMb = (usedBytes: number): number => Math.ceil(usedBytes / NEARLY_FULL / 1024 ** 2)

/** The limit (in bytes) that so much used memory does not fill. */
export const roomyLimit = (usedBytes: number): number => Math.ceil(usedBytes / NEARLY_FULL)

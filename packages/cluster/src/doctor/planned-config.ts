/**
 * Directives that are not compared. Sentinel decides which primary a Redis follows, `wrong-password` reports the user by
 * which it does, and a running Redis cannot change its folders and how it was started.
 */
const NOT_COMPARED = [
  'replicaof',
  'masteruser',
  'masterauth',
  'primaryuser',
  'primaryauth',
  'dir',
  'aclfile',
  'daemonize',
  'databases',
]

const UNITS: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/**
 * The directives of a `redis.conf` as `CONFIG GET` shows them: sizes in bytes, and the client class of replicas as
 * `slave`. Pure.
 */
export function parseRedisConf(text: string): Record<string, string> {
  const directives: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [name = '', ...values] = line.trim().split(/\s+/)
    if (name === '' || name.startsWith('#') || NOT_COMPARED.includes(name)) continue
    directives[name] = values
      .map(inBytes)
      .join(' ')
      .replaceAll('"', '')
      .replace(/^replica(?= \d)/, 'slave')
  }
  return directives
}

/** The limits of one client class, such as `slave 268435456 134217728 60`, from the list of all classes. */
export function bufferLimitOf(list: string, className: string): string {
  return list.match(new RegExp(`${className} \\d+ \\d+ \\d+`))?.[0] ?? ''
}

/** A value from `CONFIG GET` as {@link parseRedisConf} writes it: of the buffer limits, only those of replicas. */
export const liveValue = (name: string, shown: string): string =>
  name === 'client-output-buffer-limit' ? bufferLimitOf(shown, 'slave') : shown

function inBytes(value: string): string {
  const [, number, unit] = value.match(/^(\d+)(kb|mb|gb)$/i) ?? []
  return unit === undefined ? value : String(Number(number) * (UNITS[unit.toLowerCase()] ?? 1))
}

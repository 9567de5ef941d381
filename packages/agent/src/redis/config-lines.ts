/**
 * Directives that are not compared. Sentinel decides which primary a Redis follows, the check `wrong-password` covers the
 * replication user, and the paths and start options cannot change while Redis runs.
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
 * Parses the directives of a `redis.conf` into the spelling of `CONFIG GET`: sizes in bytes, and `slave` as the class of
 * replicas. Pure.
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

/** A value of `CONFIG GET` in the form of {@link parseRedisConf}, which keeps only the buffer limits of replicas. */
export const liveValue = (name: string, shown: string): string =>
  name === 'client-output-buffer-limit' ? bufferLimitOf(shown, 'slave') : shown

function inBytes(value: string): string {
  const [, number, unit] = value.match(/^(\d+)(kb|mb|gb)$/i) ?? []
  return unit === undefined ? value : String(Number(number) * (UNITS[unit.toLowerCase()] ?? 1))
}

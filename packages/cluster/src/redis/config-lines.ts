/**
 * Directives that are not compared: whom a Redis follows is Sentinel's, as whom it does is told by `wrong-password`, and
 * where its files are and how it was started cannot change while it runs.
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
 * The directives of a `redis.conf` in the words in which `CONFIG GET` shows them: sizes in bytes, the class of
 * replicas as `slave`. Pure.
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

/** The value of one class, `slave 268435456 134217728 60`, out of the list of all. */
export function bufferLimitOf(list: string, className: string): string {
  return list.match(new RegExp(`${className} \\d+ \\d+ \\d+`))?.[0] ?? ''
}

/** What `CONFIG GET` shows of a directive, as {@link parseRedisConf} has it: of the limits of buffers those of replicas alone. */
export const liveValue = (name: string, shown: string): string =>
  name === 'client-output-buffer-limit' ? bufferLimitOf(shown, 'slave') : shown

function inBytes(value: string): string {
  const [, number, unit] = value.match(/^(\d+)(kb|mb|gb)$/i) ?? []
  return unit === undefined ? value : String(Number(number) * (UNITS[unit.toLowerCase()] ?? 1))
}

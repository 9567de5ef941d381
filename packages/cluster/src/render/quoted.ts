/** A value in double quotes, as the configuration files of Redis, Sentinel and HAProxy read it. */
export function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}

/** A value of redis.conf, in quotes where it needs them. */
export const wordOf = (value: string): string => (PLAIN_WORD.test(value) ? value : quoted(value))

/**
 * A value of a file that a shell reads, systemd (`EnvironmentFile`) and Node (`--env-file`): all of them take what is
 * between single quotes as it stands. It holds no single quote itself, and no backslash, which older versions of systemd drop.
 */
export const environmentValue = (value: string): string => (PLAIN_WORD.test(value) ? value : `'${value}'`)

/** A value of a file that a shell and systemd read. It holds no line break. */
export const shellValue = (value: string): string =>
  /['\\]/.test(value) ? `"${value.replaceAll(/["\\$`]/g, '\\$&')}"` : `'${value}'`

/** What no reader of a configuration file takes for anything but itself. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/

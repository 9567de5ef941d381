/** A value in double quotes, as the configuration files of Redis, Sentinel and HAProxy read it. */
export function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}

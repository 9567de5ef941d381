/**
 * Whether a Redis of this version may follow a primary of that one. A primary of a newer release may send what an older
 * replica does not know: a snapshot in a newer format, or a new command
 * (https://redis.io/docs/latest/operate/oss_and_stack/install/upgrade/). Patches of one release are alike. Pure.
 * INV-OPERATIONS-7.
 */
export function mayFollow(replica: string, primary: string): boolean {
  const [own, others] = [releaseOf(replica), releaseOf(primary)]
  return own[0] > others[0] || (own[0] === others[0] && own[1] >= others[1])
}

/** `7.0.15` is of the release 7.0. */
function releaseOf(version: string): [major: number, minor: number] {
  const [major = '', minor = ''] = version.split('.')
  return [Number(major) || 0, Number(minor) || 0]
}

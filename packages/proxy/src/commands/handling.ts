/** What the proxy does with a command. */
export type Handling =
  /** Goes to the primary under a lease. It changes nothing. */
  | 'read'
  /** Joins the stream of writes. */
  | 'write'
  /** Waits for an element. `XREAD` and `XREADGROUP` only do with `BLOCK`: see {@link handlingOfCall}. */
  | 'blocking'
  /** Changes the channels of a client. */
  | 'subscription'
  /** Begins, guards or ends a transaction. */
  | 'transaction'
  /** Concerns the connection of the client. The proxy answers it. */
  | 'connection'
  | 'refused'

const words = (text: string): string[] => text.trim().split(/\s+/)

/** Commands whose handling does not follow from their flags. */
const BY_NAME: ReadonlyMap<string, Handling> = new Map(
  (
    [
      // Redis does not flag them as writes, but they change data, call programs that do, or change what later writes find.
      ['write', 'eval evalsha fcall publish spublish pfcount script|load script|flush'],
      // READONLY, READWRITE and ASKING only concern a cluster: any other server answers with an error.
      [
        'read',
        `acl|cat acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|log acl|users acl|whoami
        asking client|help command command|count command|docs command|getkeys command|getkeysandflags command|help
        command|info command|list config|get config|help function|dump function|help function|kill function|list
        function|stats info lastsave latency|doctor latency|graph latency|help latency|histogram latency|history
        latency|latest memory|doctor memory|help memory|malloc-stats memory|stats module|help module|list object|help
        pubsub|channels pubsub|help pubsub|numpat pubsub|numsub pubsub|shardchannels pubsub|shardnumsub readonly
        readwrite script|exists script|help script|kill slowlog|get slowlog|help slowlog|len time xgroup|help
        xinfo|help`,
      ],
      ['blocking', 'blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin xread xreadgroup'],
      ['subscription', 'psubscribe punsubscribe ssubscribe subscribe sunsubscribe unsubscribe'],
      ['transaction', 'discard exec multi unwatch watch'],
      [
        'connection',
        `auth client|getname client|getredir client|id client|info client|list client|reply client|setinfo
        client|setname client|tracking client|trackinginfo echo hello ping quit reset role select wait`,
      ],
    ] as const
  ).flatMap(([handling, names]) => words(names).map((name) => [name, handling] as const)),
)

/** Why commands are refused. */
const REASONS: ReadonlyMap<string, string> = new Map(
  (
    [
      [
        'It changes the settings of one server. Change them on every server of the group, as an administrator.',
        'config|resetstat config|rewrite config|set latency|reset memory|purge module|load module|loadex module|unload slowlog|reset',
      ],
      [
        'It changes the users of one server. Change them on every server of the group, as an administrator.',
        'acl|deluser acl|load acl|save acl|setuser',
      ],
      [
        'It changes which server is the primary, and that is the task of Sentinel. Use `holdfast switchover`.',
        'failover replicaof slaveof',
      ],
      ['It belongs to replication between servers, and the proxy is not one.', 'psync replconf sync'],
      [
        'It stops or saves one server. Do it on that server, as an administrator.',
        'bgrewriteaof bgsave save shutdown',
      ],
      ['It is made for tests and debugging of a server.', 'debug pfdebug pfselftest script|debug'],
      ['It shows the commands of all clients. Connect to the server itself.', 'monitor'],
      [
        'It would delete the data of Holdfast too. Use FLUSHDB in each database that you want to empty.',
        'flushall',
      ],
      ['It could exchange the databases that hold the data of Holdfast.', 'swapdb'],
      [
        'It moves keys to another server, which no record of the proxy can cover. Use DUMP and RESTORE.',
        'migrate',
      ],
      ['It is made for a cluster, and the proxy stands for one group without slots.', 'restore-asking'],
      [
        'It concerns the connections to the server, which clients of the proxy share.',
        'client|kill client|no-evict client|no-touch client|pause client|unpause',
      ],
      [
        'A client that waits behind the proxy cannot be woken. Give the command that waits a timeout.',
        'client|unblock',
      ],
      ['It belongs to client tracking, which the proxy does not offer.', 'client|caching'],
      ['The proxy waits for replicas by itself, and does not report what is on disk.', 'waitaof'],
    ] as const
  ).flatMap(([reason, names]) => words(names).map((name) => [name, reason] as const)),
)

/** All commands whose handling does not follow from their flags. */
export const NAMED_COMMANDS: readonly string[] = [...BY_NAME.keys(), ...REASONS.keys()]

const NO_CLUSTER = 'The proxy stands for one group of Redis and Sentinel, not for a cluster.'
const NEEDS_SUBCOMMAND = 'It needs a sub-command.'
const NOT_KNOWN =
  'This version of the proxy does not know it, and the server does not say that it only reads or writes.'

/**
 * Decides how a command is handled, by its name, then by its flags. A command that this version does not know passes only
 * if the server flags it as a plain read or write.
 */
export function handlingOf(
  name: string,
  flags: ReadonlySet<string>,
  isContainer = false,
): { handling: Handling; reason?: string } {
  const reason = REASONS.get(name) ?? (/^cluster(?:$|\|)/.test(name) ? NO_CLUSTER : undefined)
  if (reason !== undefined) return { handling: 'refused', reason }
  if (isContainer) return { handling: 'refused', reason: NEEDS_SUBCOMMAND }
  const handling = BY_NAME.get(name) ?? byFlags(flags)
  return handling === null ? { handling: 'refused', reason: NOT_KNOWN } : { handling }
}

function byFlags(flags: ReadonlySet<string>): Handling | null {
  if (['admin', 'blocking', 'pubsub', 'no_multi'].some((flag) => flags.has(flag))) return null
  if (flags.has('write')) return 'write'
  return flags.has('readonly') ? 'read' : null
}

/**
 * Decides how one call is handled: `XREAD` is a read and `XREADGROUP` a write unless they wait. `BLOCK` counts only where
 * Redis reads it as an option, not as the name of a group or stream.
 */
export function handlingOfCall(
  command: { name: string; handling: Handling },
  args: readonly Buffer[],
): Handling {
  const { name, handling } = command
  if (name !== 'xread' && name !== 'xreadgroup') return handling
  return waits(args) ? 'blocking' : name === 'xread' ? 'read' : 'write'
}

function waits(args: readonly Buffer[]): boolean {
  const skipped: Record<string, number> = { count: 1, group: 2, noack: 0 }
  for (let at = 1; at < args.length; at += 1) {
    const option = (args[at] ?? '').toString('latin1').toLowerCase()
    if (option === 'block') return true
    const skip = skipped[option]
    if (skip === undefined) return false
    at += skip
  }
  return false
}

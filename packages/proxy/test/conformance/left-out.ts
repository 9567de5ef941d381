/** Why a command's answer cannot be compared between two servers, by the names of the commands. */
const REASONS: readonly (readonly [reason: string, names: string])[] = [
  ['Its answer is random.', 'acl|genpass hrandfield lolwut randomkey spop srandmember zrandmember'],
  [
    'Its answer depends on the time.',
    'lastsave latency|doctor latency|graph latency|histogram latency|history latency|latest object|idletime slowlog|get slowlog|len time xinfo|consumers',
  ],
  [
    'Its answer describes the server and what it did so far.',
    'acl|log info memory|doctor memory|malloc-stats memory|stats memory|usage role',
  ],
  ['Its answer counts what the server does at the same time.', 'object|refcount'],
  ['Its answer describes the connection.', 'client|id client|info client|list'],
  ['The users of the two servers differ.', 'acl|getuser acl|list acl|users'],
  ['Its order differs from server to server.', 'command'],
  ['It changes the login or the protocol: other tests compare it.', 'auth hello'],
  ['It ends or resets the connection: other tests compare it.', 'quit reset'],
]

export const LEFT_OUT: ReadonlyMap<string, string> = new Map(
  REASONS.flatMap(([reason, names]) => names.split(' ').map((name) => [name, reason] as const)),
)

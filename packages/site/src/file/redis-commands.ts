import type { Engine, EngineVersion } from './site.ts'

const words = (text: string): string[] => text.trim().split(/\s+/)

/** The commands of Redis 7.0 without sub-commands. */
const PLAIN = `
  append asking auth bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove blmpop blpop brpop
  brpoplpush bzmpop bzpopmax bzpopmin copy dbsize debug decr decrby del discard dump echo eval eval_ro evalsha
  evalsha_ro exec exists expire expireat expiretime failover fcall fcall_ro flushall flushdb geoadd geodist geohash
  geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore get getbit getdel
  getex getrange getset hdel hello hexists hget hgetall hincrby hincrbyfloat hkeys hlen hmget hmset hrandfield hscan
  hset hsetnx hstrlen hvals incr incrby incrbyfloat info keys lastsave lcs lindex linsert llen lmove lmpop lolwut lpop
  lpos lpush lpushx lrange lrem lset ltrim mget migrate monitor move mset msetnx multi persist pexpire pexpireat
  pexpiretime pfadd pfcount pfdebug pfmerge pfselftest ping psetex psubscribe psync pttl publish punsubscribe quit
  randomkey readonly readwrite rename renamenx replconf replicaof reset restore restore-asking role rpop rpoplpush
  rpush rpushx sadd save scan scard sdiff sdiffstore select set setbit setex setnx setrange shutdown sinter sintercard
  sinterstore sismember slaveof smembers smismember smove sort sort_ro spop spublish srandmember srem sscan ssubscribe
  strlen subscribe substr sunion sunionstore sunsubscribe swapdb sync time touch ttl type unlink unsubscribe unwatch
  wait watch xack xadd xautoclaim xclaim xdel xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim zadd zcard
  zcount zdiff zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember
  zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange
  zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore`

/** Those with sub-commands, which stand behind them. */
const CONTAINERS = `
  acl cat deluser dryrun genpass getuser help list load log save setuser users whoami
  client caching getname getredir help id info kill list no-evict pause reply setname tracking trackinginfo unblock
    unpause
  cluster addslots addslotsrange bumpepoch count-failure-reports countkeysinslot delslots delslotsrange failover
    flushslots forget getkeysinslot help info keyslot links meet myid nodes replicas replicate reset saveconfig
    set-config-epoch setslot shards slaves slots
  command count docs getkeys getkeysandflags help info list
  config get help resetstat rewrite set
  function delete dump flush help kill list load restore stats
  latency doctor graph help histogram history latest reset
  memory doctor help malloc-stats purge stats usage
  module help list load loadex unload
  object encoding freq help idletime refcount
  pubsub channels help numpat numsub shardchannels shardnumsub
  script debug exists flush help kill load
  slowlog get help len reset
  xgroup create createconsumer delconsumer destroy help setid
  xinfo consumers groups help stream`

/** The commands of later versions, each with the first versions that have it. An engine that is not named has none of them. */
const LATER: readonly (readonly [names: string, since: Partial<Record<Engine['name'], EngineVersion>>])[] = [
  ['client|no-touch client|setinfo cluster|myshardid waitaof', { redis: '7.2', valkey: '8.0' }],
  [
    'hexpire hexpireat hexpiretime hpersist hpexpire hpexpireat hpexpiretime hpttl httl',
    { redis: '7.4', valkey: '9.0' },
  ],
  ['hgetex hsetex', { redis: '8.0', valkey: '9.0' }],
  [
    'hgetdel vadd vcard vdim vemb vgetattr vinfo vismember vlinks vrandmember vrem vsetattr vsim',
    { redis: '8.0' },
  ],
  ['client|capa cluster|slot-stats script|show', { valkey: '8.0' }],
  [
    'client|import-source commandlog commandlog|get commandlog|help commandlog|len commandlog|reset delifeq',
    { valkey: '9.0' },
  ],
]

const IN_7_0: readonly string[] = [
  ...words(PLAIN),
  ...CONTAINERS.trim()
    .split(/\n(?! {4})/)
    .flatMap((line) => {
      const [name = '', ...subcommands] = words(line)
      return [name, ...subcommands.map((subcommand) => `${name}|${subcommand}`)]
    }),
]

/** The names of an engine's commands, as ACL rules spell them: sub-commands as `config|get`. */
export function commandNames({ name, version }: Engine): string[] {
  const later = LATER.flatMap(([names, since]) => {
    const first = since[name]
    return first !== undefined && Number(version) >= Number(first) ? words(names) : []
  })
  return [...IN_7_0, ...later]
}

/**
 * Calls whose answers depend on nothing but the calls before them. `<s>` stands for a key of strings or for another value
 * (call-arbitrary.ts), `[ a ]` for words that may be missing, `( a | b )` for a choice, `{ a }` for one to three times.
 */
const STRINGS = `
  SET <s> <v>
  SET <n> <i>
  SET <s> <v> ( NX | XX ) [ GET ]
  SET <a> <v> ( EXAT <at> | PXAT <atms> )
  SET <t> <v> ( EX <sec> | PX <ms> | KEEPTTL )
  SET <s> <v> <v>
  SETEX <t> <sec> <v>
  PSETEX <t> <ms> <v>
  SETNX <s> <v>
  GET <s>
  GETSET <s> <v>
  GETDEL <s>
  GETEX <a> [ ( PERSIST | EXAT <at> | PXAT <atms> ) ]
  MGET { <s> }
  MSET { <s> <v> }
  MSETNX { <s> <v> }
  MSET <s> <v> <s>
  APPEND <s> <v>
  STRLEN <s>
  GETRANGE <s> <i> <i>
  SUBSTR <s> <i> <i>
  SETRANGE <s> <u> <v>
  INCR <n>
  DECR <n>
  INCRBY <n> <i>
  DECRBY <n> <i>
  INCRBYFLOAT <n> <f>
  LCS <s> <s> [ ( LEN | IDX [ MINMATCHLEN <u> ] [ WITHMATCHLEN ] ) ]
`

const BITS = `
  SETBIT <b> <u> ( 0 | 1 | 2 )
  GETBIT <b> <u>
  BITCOUNT <b> [ <i> <i> [ ( BYTE | BIT ) ] ]
  BITPOS <b> ( 0 | 1 ) [ <i> [ <i> ] ]
  BITOP ( AND | OR | XOR ) <b> { <b> }
  BITOP NOT <b> <b>
  BITFIELD <b> [ OVERFLOW ( WRAP | SAT | FAIL ) ] { ( GET u8 <u> | SET i5 <u> <i> | INCRBY u2 <u> <i> ) }
  BITFIELD_RO <b> { GET ( u8 | i7 | x9 ) <u> }
  PFADD <p> { <m> }
  PFCOUNT { <p> }
  PFMERGE <p> { <p> }
`

const HASHES = `
  HSET <h> { <m> <v> }
  HSET <h> { <m> <i> }
  HMSET <h> { <m> <v> }
  HSETNX <h> <m> <v>
  HGET <h> <m>
  HMGET <h> { <m> }
  HGETALL <h>
  HKEYS <h>
  HVALS <h>
  HLEN <h>
  HSTRLEN <h> <m>
  HEXISTS <h> <m>
  HDEL <h> { <m> }
  HINCRBY <h> <m> <i>
  HINCRBYFLOAT <h> <m> <f>
  HSCAN <h> 0 [ MATCH m* ] COUNT 1000
`

const LISTS = `
  RPUSH <l> { <v> }
  LPUSH <l> { <m> }
  LPUSHX <l> { <v> }
  RPUSHX <l> { <v> }
  LPOP <l> [ <u> ]
  RPOP <l> [ <u> ]
  LLEN <l>
  LRANGE <l> <i> <i>
  LINDEX <l> <i>
  LSET <l> <i> <v>
  LINSERT <l> ( BEFORE | AFTER | NEAR ) <m> <v>
  LREM <l> <i> <m>
  LTRIM <l> <i> <i>
  LPOS <l> <m> [ RANK <i> ] [ COUNT <u> ]
  LMOVE <l> <l> ( LEFT | RIGHT ) ( LEFT | RIGHT )
  RPOPLPUSH <l> <l>
  LMPOP 2 <l> <l> ( LEFT | RIGHT ) [ COUNT <u> ]
  BLPOP <l> <l> <wait>
  BRPOP <l> <wait>
  BLMOVE <l> <l> ( LEFT | RIGHT ) ( LEFT | RIGHT ) <wait>
  BRPOPLPUSH <l> <l> <wait>
  BLMPOP <wait> 1 <l> LEFT [ COUNT 2 ]
`

const SETS = `
  SADD <e> { <m> }
  SADD <e> { <i> }
  SREM <e> { <m> }
  SCARD <e>
  SISMEMBER <e> <m>
  SMISMEMBER <e> { <m> }
  SMEMBERS <e>
  SMOVE <e> <e> <m>
  SINTER { <e> }
  SUNION { <e> }
  SDIFF { <e> }
  SINTERSTORE <e> { <e> }
  SUNIONSTORE <e> { <e> }
  SDIFFSTORE <e> { <e> }
  SINTERCARD 2 <e> <e> [ LIMIT <u> ]
  SINTERCARD <i> <e>
  SSCAN <e> 0 COUNT 1000
`

const SORTED_SETS = `
  ZADD <z> { <f> <m> }
  ZADD <z> [ ( NX | XX | GT | LT ) ] [ CH ] { <f> <m> }
  ZADD <z> INCR <f> <m>
  ZINCRBY <z> <f> <m>
  ZSCORE <z> <m>
  ZMSCORE <z> { <m> }
  ZCARD <z>
  ZCOUNT <z> <bound> <bound>
  ZRANK <z> <m>
  ZREVRANK <z> <m>
  ZREM <z> { <m> }
  ZRANGE <z> <i> <i> [ REV ] [ WITHSCORES ]
  ZRANGE <z> <bound> <bound> BYSCORE [ LIMIT <i> <i> ] [ WITHSCORES ]
  ZREVRANGE <z> <i> <i> [ WITHSCORES ]
  ZRANGEBYSCORE <z> <bound> <bound> [ WITHSCORES ] [ LIMIT <i> <i> ]
  ZREVRANGEBYSCORE <z> <bound> <bound> [ WITHSCORES ]
  ZRANGEBYLEX <z> <lex> <lex>
  ZREVRANGEBYLEX <z> <lex> <lex> [ LIMIT <i> <i> ]
  ZLEXCOUNT <z> <lex> <lex>
  ZRANGESTORE <z> <z> <i> <i>
  ZREMRANGEBYRANK <z> <i> <i>
  ZREMRANGEBYSCORE <z> <bound> <bound>
  ZREMRANGEBYLEX <z> <lex> <lex>
  ZPOPMIN <z> [ <u> ]
  ZPOPMAX <z> [ <u> ]
  ZMPOP 1 <z> ( MIN | MAX ) [ COUNT <u> ]
  BZPOPMIN <z> <wait>
  BZPOPMAX <z> <z> <wait>
  BZMPOP <wait> 1 <z> MIN
  ZUNION 2 <z> <z> [ WEIGHTS <f> <f> ] [ AGGREGATE ( SUM | MIN | MAX ) ] [ WITHSCORES ]
  ZINTER 2 <z> <z> [ WITHSCORES ]
  ZDIFF 2 <z> <z> [ WITHSCORES ]
  ZUNIONSTORE <z> 2 <z> <z>
  ZINTERSTORE <z> 2 <z> <z> [ WEIGHTS <f> <f> ]
  ZDIFFSTORE <z> 2 <z> <z>
  ZINTERCARD 2 <z> <z> [ LIMIT <u> ]
  ZSCAN <z> 0 COUNT 1000
  GEOADD <g> [ ( NX | XX ) ] [ CH ] { <lon> <lat> <m> }
  GEOPOS <g> { <m> }
  GEODIST <g> <m> <m> [ ( m | km | mi | ft | cm ) ]
  GEOHASH <g> { <m> }
  GEOSEARCH <g> FROMLONLAT <lon> <lat> BYRADIUS <u> km ASC [ COUNT 3 ] [ WITHCOORD ] [ WITHDIST ] [ WITHHASH ]
  GEOSEARCH <g> FROMMEMBER <m> BYBOX 900 900 km DESC
  GEOSEARCHSTORE <g> <g> FROMLONLAT <lon> <lat> BYRADIUS 9000 km [ STOREDIST ]
  GEORADIUS <g> <lon> <lat> 5000 km ASC [ WITHDIST ]
  GEORADIUS <g> <lon> <lat> 5000 km STORE <g>
  GEORADIUS_RO <g> <lon> <lat> 5000 km DESC [ WITHCOORD ]
  GEORADIUSBYMEMBER <g> <m> 5000 km ASC
  GEORADIUSBYMEMBER_RO <g> <m> 5000 km ASC
`

const STREAMS = `
  XADD <x> <id> { <m> <v> }
  XADD <x> [ NOMKSTREAM ] [ MAXLEN ( = | ~ ) <u> ] <id> { <m> <v> }
  XLEN <x>
  XRANGE <x> ( - | <id> ) ( + | <id> ) [ COUNT <u> ]
  XREVRANGE <x> + - [ COUNT <u> ]
  XDEL <x> { <id> }
  XTRIM <x> ( MAXLEN [ = ] <u> | MINID <id> )
  XSETID <x> <id>
  XREAD [ COUNT <u> ] STREAMS <x> <id>
  XREAD COUNT 2 STREAMS <x> <x> 0 <id>
  XREAD BLOCK 1 STREAMS <x> ( $ | 0 )
  XGROUP CREATE <x> <group> ( $ | 0 ) [ MKSTREAM ]
  XGROUP CREATECONSUMER <x> <group> <m>
  XGROUP DELCONSUMER <x> <group> <m>
  XGROUP SETID <x> <group> 0
  XGROUP DESTROY <x> <group>
  XREADGROUP GROUP <group> <m> [ COUNT 2 ] [ NOACK ] STREAMS <x> ( > | 0 )
  XREADGROUP GROUP <group> <m> BLOCK 1 STREAMS <x> >
  XACK <x> <group> { <id> }
  XPENDING <x> <group>
  XCLAIM <x> <group> <m> 0 { <id> } [ JUSTID ]
  XAUTOCLAIM <x> <group> <m> 0 0 [ COUNT 2 ] [ JUSTID ]
  XINFO STREAM <x>
  XINFO GROUPS <x>
`

const KEYS = `
  DEL { <any> }
  UNLINK { <any> }
  EXISTS { <any> }
  TOUCH { <any> }
  TYPE <any>
  RENAME <any> <any>
  RENAMENX <any> <any>
  COPY <any> <any> [ REPLACE ]
  COPY <any> copied DB 4 REPLACE
  MOVE <any> ( 4 | 3 | 99 )
  PERSIST <a>
  EXPIRE <t> ( <sec> | -1 ) [ ( NX | XX ) ]
  PEXPIRE <t> ( <ms> | abc )
  EXPIREAT <a> <at> [ ( NX | XX | GT | LT ) ]
  PEXPIREAT <a> <atms> [ ( NX | XX | GT | LT ) ]
  EXPIRETIME <a>
  PEXPIRETIME <a>
  SET <forever> <v>
  TTL <forever>
  PTTL <forever>
  DUMP <n>
  RESTORE <s> 0 <v> [ REPLACE ]
  OBJECT ENCODING <any>
  OBJECT FREQ <any>
  SORT <l> ALPHA [ LIMIT <u> <u> ] [ DESC ] [ STORE <l> ]
  SORT <l> BY w:* GET # GET w:*
  SORT_RO <z> ALPHA
  SCAN 0 [ MATCH *1 ] [ TYPE hash ] COUNT 100000
  KEYS ( * | s* | ?1 )
  DBSIZE
  FLUSHDB [ ( ASYNC | SYNC | OTHER ) ]
`

const SCRIPTS = `
  EVAL <script> 1 <any> <v>
  EVAL <script> 0
  EVAL <script> ( 2 | x | -1 ) <s>
  EVAL_RO <script> 1 <any> <v>
  EVALSHA <sha> 1 <s> <v>
  EVALSHA_RO <sha> 0
  SCRIPT LOAD <script>
  SCRIPT EXISTS { <sha> }
  SCRIPT FLUSH [ ( SYNC | ASYNC | OTHER ) ]
  SCRIPT KILL
  FUNCTION LOAD [ REPLACE ] <library>
  FUNCTION LIST [ WITHCODE ]
  FUNCTION DELETE ( first | none )
  FUNCTION FLUSH
  FUNCTION DUMP
  FUNCTION RESTORE <v>
  FUNCTION KILL
  FUNCTION STATS
  FCALL ( change | look | none ) 1 <s> <v>
  FCALL_RO ( change | look ) 1 <s>
`

const SERVER = `
  PING [ <v> ]
  ECHO <v>
  SELECT 3
  SELECT ( 99 | -1 | x | 007 | 99999999999 )
  PUBLISH <m> <v>
  SPUBLISH <m> <v>
  PUBSUB CHANNELS m*
  PUBSUB NUMSUB <m>
  PUBSUB NUMPAT
  PUBSUB SHARDCHANNELS m*
  PUBSUB SHARDNUMSUB <m>
  UNWATCH
  DISCARD
  EXEC
  WAIT ( 0 | x | -1 ) ( 0 | 0 | x | -1 )
  CLIENT SETNAME ( me | <v> )
  CLIENT GETNAME
  CLIENT GETREDIR
  CLIENT TRACKING ( OFF | x )
  CLIENT TRACKINGINFO
  CLIENT REPLY ( ON | x )
  COMMAND COUNT
  COMMAND INFO ( get | nosuch )
  COMMAND DOCS get
  COMMAND LIST FILTERBY PATTERN getd*
  COMMAND GETKEYS MSET { <s> <v> }
  COMMAND GETKEYS ( PING 1 | EVAL s 1 k )
  COMMAND GETKEYSANDFLAGS LMOVE a b LEFT RIGHT
  CONFIG GET ( databases | maxmemory-policy | nosuch )
  ACL WHOAMI
  ACL CAT ( hyperloglog | nosuch )
  ACL DRYRUN client GET <s>
  READONLY
  READWRITE
  ASKING
  MODULE LIST
  GET
  GET <s> <s>
  HSET <h> <m>
  NOSUCH { <v> }
  <v> <v>
  CONFIG <m>
  CLIENT NOSUCH <v>
`

/** Each call of a group stands for one line of the group, one after the other on one connection. */
export const GROUPS: readonly (readonly string[])[] = [
  ['MULTI', 'SET <s> <v>', 'INCR <n>', 'LRANGE <l> 0 -1', 'EXEC'],
  ['MULTI', 'HSET <h> <m> <v>', 'SMEMBERS <e>', 'GET <l>', 'ZADD <z> <f> <m>', 'EXEC'],
  ['MULTI', 'INCR <n>', 'NOSUCH <v>', 'EXEC'],
  ['MULTI', 'GET', 'SET <s> <v>', 'EXEC', 'GET <s>'],
  ['MULTI', 'SET <s> <v>', 'DISCARD', 'GET <s>'],
  ['MULTI', 'MULTI', 'INCR <n>', 'EXEC'],
  ['MULTI', 'WATCH <s>', 'EXEC'],
  ['MULTI', 'EXEC'],
  ['MULTI', 'PING', 'ECHO <v>', 'EXEC'],
  ['MULTI', 'BLPOP <l> 1', 'XREAD BLOCK 1 STREAMS <x> 0', 'EXEC'],
  ['MULTI', 'EVAL <script> 1 <s> <v>', 'EVALSHA <sha> 0', 'PUBLISH <m> <v>', 'EXEC'],
  ['MULTI', 'SELECT 4', 'SET <s> <v>', 'SELECT 3', 'GET <s>', 'EXEC', 'DBSIZE'],
  ['MULTI', 'SELECT 4', 'EXEC', 'SET <s> <v>', 'SELECT 3', 'GET <s>'],
  ['MULTI', 'SELECT 4', 'SELECT ( 99 | x )', 'EXEC', 'SET <s> <v>', 'SELECT 3', 'GET <s>'],
  ['MULTI', 'SELECT ( 99 | x | 4 )', 'EXEC', 'SET <s> <v>', 'GET <s>', 'SELECT 3'],
  ['MULTI', 'SELECT 4', 'FLUSHDB', 'DISCARD', 'DBSIZE'],
  ['WATCH <s>', 'MULTI', 'SET <s> <v>', 'EXEC'],
  ['WATCH <s>', 'SET <s> <v>', 'MULTI', 'INCR <n>', 'EXEC'],
  ['WATCH <s> <l>', 'UNWATCH', 'SET <s> <v>', 'MULTI', 'INCR <n>', 'EXEC'],
  ['WATCH <s>', 'GET <s>', 'MULTI', 'DISCARD', 'MULTI', 'INCR <n>', 'EXEC'],
  ['SELECT 4', 'SET <s> <v>', 'GET <s>', 'KEYS *', 'FLUSHDB', 'SELECT 3'],
  ['SUBSCRIBE m1', 'PING', 'SUBSCRIBE m1', 'PSUBSCRIBE p*', 'UNSUBSCRIBE m1', 'PUNSUBSCRIBE p*', 'GET <s>'],
  ['SSUBSCRIBE m2', 'SUNSUBSCRIBE m2', 'UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE', 'GET <s>'],
  ['SCRIPT LOAD <script>', 'EVALSHA <sha> 1 <s> <v>', 'EVALSHA <sha> 1 <s> <v>'],
  ['FUNCTION LOAD REPLACE <library>', 'FCALL change 1 <s> <v>', 'FCALL look 1 <s>', 'FCALL_RO change 1 <s>'],
  ['SET w:m1 3', 'SET w:m2 1', 'RPUSH <l> m1 m2 m3', 'SORT <l> BY w:* GET # GET w:*'],
]

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

export const CALLS: readonly string[] = [
  STRINGS,
  BITS,
  HASHES,
  LISTS,
  SETS,
  SORTED_SETS,
  STREAMS,
  KEYS,
  SCRIPTS,
  SERVER,
].flatMap(lines)

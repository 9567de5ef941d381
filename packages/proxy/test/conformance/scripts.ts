import { createHash } from 'node:crypto'

/** Scripts that answer the same on every server. */
export const SCRIPTS = [
  'return 1',
  "return {1, 2, {3, 'four'}, false, 5}",
  "return redis.call('GET', KEYS[1])",
  "return redis.call('SET', KEYS[1], ARGV[1])",
  "return redis.call('INCR', KEYS[1])",
  "return redis.pcall('INCR', KEYS[1])",
  "return redis.error_reply('MY error')",
  "return redis.status_reply('FINE')",
  "redis.setresp(3); return redis.call('HGETALL', 'h1')['m1'] or 1.5",
  'return {double=3.5}',
  'return {map={a=1}}',
  'return true',
  'return KEYS[1] .. ARGV[1]',
  'return nosuch.field',
  'this is no Lua',
  "error('failed')",
  "return redis.call('NOSUCH')",
  "#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 'x')",
  "#!lua flags=allow-oom\nreturn redis.call('APPEND', KEYS[1], 'x')",
  "return redis.call('BLPOP', 'nolist', 0)",
]

export const SHAS = SCRIPTS.map((script) => createHash('sha1').update(script).digest('hex'))

export const LIBRARIES = [
  `#!lua name=first
redis.register_function('change', function(keys, args) return redis.call('APPEND', keys[1], args[1] or 'y') end)
redis.register_function{function_name='look', flags={'no-writes'},
  callback=function(keys) return redis.call('EXISTS', keys[1]) end}`,
  '#!lua name=first\nreturn 1',
  '#!python name=first\n',
  'no library',
]

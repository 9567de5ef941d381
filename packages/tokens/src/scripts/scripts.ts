import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A script as a node loads it, and the hash by which it is called. */
export interface Script {
  source: string
  sha: string
}

// Each by its literal name, so that the build can put the text into the bundle.
const NUMBERS = readFileSync(new URL('numbers.lua', import.meta.url), 'utf8')
const ATTEMPT_LOG = readFileSync(new URL('attempt-log.lua', import.meta.url), 'utf8')
const MERGE = readFileSync(new URL('merge.lua', import.meta.url), 'utf8')
const MERGE_STORED = readFileSync(new URL('merge-stored.lua', import.meta.url), 'utf8')
const REVOKE = readFileSync(new URL('revoke.lua', import.meta.url), 'utf8')
const ROTATE = readFileSync(new URL('rotate.lua', import.meta.url), 'utf8')
const SWEEP = readFileSync(new URL('sweep.lua', import.meta.url), 'utf8')
const TAKE = readFileSync(new URL('take.lua', import.meta.url), 'utf8')
const GIVE_BACK = readFileSync(new URL('give-back.lua', import.meta.url), 'utf8')
/** merge.lua as a function, for scripts that first decide which records to merge. */
const MERGE_RECORDS = ['local function merge_records(KEYS, ARGV)', MERGE, 'end'].join('\n')

function load(script: string, flags: string, ...before: string[]): Script {
  const source = [`#!lua${flags}`, NUMBERS, ...before, script].join('\n')
  return { source, sha: hash('sha1', source) }
}

/**
 * The flags of each script declare whether it may run when memory is full. In that case Redis must refuse a login,
 * but accept a logout and the writes that keep a session in use alive. Scripts with and without the flag share one
 * file.
 */
export const SCRIPTS = {
  merge: load(MERGE, ''),
  mergeWhenFull: load(MERGE, ' flags=allow-oom'),
  mergeStored: load(MERGE_STORED, ' flags=allow-oom', MERGE_RECORDS),
  revoke: load(REVOKE, ' flags=allow-oom', MERGE_RECORDS),
  rotate: load(ROTATE, '', MERGE_RECORDS),
  rotateWhenFull: load(ROTATE, ' flags=allow-oom', MERGE_RECORDS),
  sweep: load(SWEEP, ' flags=allow-oom'),
  take: load(TAKE, '', ATTEMPT_LOG),
  giveBack: load(GIVE_BACK, ' flags=allow-oom', ATTEMPT_LOG),
} as const satisfies Record<string, Script>

import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A script as a node loads it, and the hash by which it is called. */
export interface Script {
  source: string
  sha: string
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}

const NUMBERS = read('numbers.lua')
const ATTEMPT_LOG = read('attempt-log.lua')
/** merge.lua as a function, for scripts that first decide which records to merge. */
const MERGE_RECORDS = ['local function merge_records(KEYS, ARGV)', read('merge.lua'), 'end'].join('\n')

function load(file: string, flags: string, ...before: string[]): Script {
  const source = [`#!lua${flags}`, NUMBERS, ...before, read(file)].join('\n')
  return { source, sha: hash('sha1', source) }
}

/**
 * The flags of each script declare whether it may run when memory is full. In that case Redis must refuse a login,
 * but accept a logout and the writes that keep a session in use alive. Scripts with and without the flag share one
 * file.
 */
export const SCRIPTS = {
  merge: load('merge.lua', ''),
  mergeWhenFull: load('merge.lua', ' flags=allow-oom'),
  mergeStored: load('merge-stored.lua', ' flags=allow-oom', MERGE_RECORDS),
  revoke: load('revoke.lua', ' flags=allow-oom', MERGE_RECORDS),
  rotate: load('rotate.lua', '', MERGE_RECORDS),
  rotateWhenFull: load('rotate.lua', ' flags=allow-oom', MERGE_RECORDS),
  sweep: load('sweep.lua', ' flags=allow-oom'),
  take: load('take.lua', '', ATTEMPT_LOG),
  giveBack: load('give-back.lua', ' flags=allow-oom', ATTEMPT_LOG),
} as const satisfies Record<string, Script>

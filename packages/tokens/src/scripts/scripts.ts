import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A script as a node loads it, and the name by which it is called. */
export interface Script {
  source: string
  sha: string
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}

const NUMBERS = read('numbers.lua')
const ATTEMPT_LOG = read('attempt-log.lua')
/** merge.lua as a function, for scripts that decide first what to merge. */
const MERGE_RECORDS = ['local function merge_records(KEYS, ARGV)', read('merge.lua'), 'end'].join('\n')

function load(file: string, flags: string, ...before: string[]): Script {
  const source = [`#!lua${flags}`, NUMBERS, ...before, read(file)].join('\n')
  return { source, sha: hash('sha1', source) }
}

/**
 * Each script declares by its flags whether it may run when memory is full: then Redis refuses a login and must still
 * accept a logout, and what keeps a session in use alive. Scripts with and without the flag are one file.
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

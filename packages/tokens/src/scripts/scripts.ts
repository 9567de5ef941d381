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

function load(file: string, flags: string, ...before: string[]): Script {
  const source = [`#!lua${flags}`, NUMBERS, ...before, read(file)].join('\n')
  return { source, sha: hash('sha1', source) }
}

/**
 * Each script declares by its flags whether it may run when memory is full: then Redis refuses a login and must
 * still accept a log-out. Both ways to merge are one file.
 */
export const SCRIPTS = {
  merge: load('merge.lua', ''),
  mergeTombstones: load('merge.lua', ' flags=allow-oom'),
  sweep: load('sweep.lua', ' flags=allow-oom'),
  take: load('take.lua', '', ATTEMPT_LOG),
  giveBack: load('give-back.lua', ' flags=allow-oom', ATTEMPT_LOG),
} as const satisfies Record<string, Script>

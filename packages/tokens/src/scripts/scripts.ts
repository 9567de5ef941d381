import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A script as a node loads it, and the name by which it is called. */
export interface Script {
  source: string
  sha: string
}

function load(file: string, flags: string): Script {
  const source = `#!lua${flags}\n${readFileSync(new URL(file, import.meta.url), 'utf8')}`
  return { source, sha: hash('sha1', source) }
}

/**
 * Every script runs from one file. Those that revoke declare `allow-oom`: with memory full, Redis refuses a
 * login and must still accept a log-out.
 */
export const SCRIPTS = {
  merge: load('merge.lua', ''),
  mergeTombstone: load('merge.lua', ' flags=allow-oom'),
  revokeSubject: load('revoke-subject.lua', ' flags=allow-oom'),
} as const satisfies Record<string, Script>

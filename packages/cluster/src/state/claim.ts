import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { systemCode } from '../errors.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

const schema = z.object({ pid: z.int().positive(), started: z.string() })

/** The living process that has claimed this file, or null. */
export function holderOf(file: string): ProcessIdentity | null {
  const holder = schema.safeParse(readIdentity(file)).data
  return holder && isAlive(holder) ? holder : null
}

/**
 * Makes this process the only one that holds the file. Answers false when another one lives that does.
 * INV-LOCAL-7.
 */
export function claim(file: string): boolean {
  const text = JSON.stringify(ownIdentity())
  for (let tries = 0; tries < 3; tries += 1) {
    if (holderOf(file) !== null) return false
    try {
      writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
      return true
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      // Left by one that died. Under another name first, so that two new ones do not both go on.
      const aside = `${file}.${process.pid}`
      try {
        renameSync(file, aside)
        rmSync(aside)
      } catch {
        // The other one was quicker.
      }
    }
  }
  return false
}

export const release = (file: string): void => rmSync(file, { force: true })

function readIdentity(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

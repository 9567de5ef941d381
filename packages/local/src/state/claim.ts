import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { systemCode } from '@holdfast/site/errors'
import { z } from 'zod'
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

const schema = z.object({ pid: z.int().positive(), started: z.string() })

/** The running process that has claimed this file, or null. */
export function holderOf(file: string): ProcessIdentity | null {
  const holder = schema.safeParse(readIdentity(file)).data
  return holder && isAlive(holder) ? holder : null
}

/** Claims the file for this process. Returns false when another running process holds it. INV-LOCAL-7. */
export function claim(file: string): boolean {
  const text = JSON.stringify(ownIdentity())
  for (let tries = 0; tries < 3; tries += 1) {
    if (holderOf(file) !== null) return false
    try {
      writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
      return true
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      // A dead process left the file. Rename it first, so that of two new processes only one continues.
      const aside = `${file}.${process.pid}`
      try {
        renameSync(file, aside)
        rmSync(aside)
      } catch {
        // Another process was faster.
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

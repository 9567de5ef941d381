import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ClusterError } from '../errors.ts'

/** Where system programs are although a user's PATH may not say so (Debian's haproxy is in /usr/sbin). */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']

/** The Debian packages that are called otherwise than their program. */
const PACKAGES: Readonly<Record<string, string>> = { stunnel: 'stunnel4' }

/** The path of a program. Throws `MISSING_PROGRAM`. */
export function findProgram(name: string, searchPath = process.env['PATH'] ?? ''): string {
  for (const folder of [...searchPath.split(delimiter).filter(Boolean), ...MORE_FOLDERS]) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  throw new ClusterError(
    'MISSING_PROGRAM',
    `\`${name}\` is not installed, or not on the PATH. Install it (\`npm start\` does; on Debian: \`apt-get install ${PACKAGES[name] ?? name}\`).`,
  )
}

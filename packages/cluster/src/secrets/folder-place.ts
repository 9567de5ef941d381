import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { link, lstat, mkdir, open, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemCode } from '../errors.ts'
import { capital, judgeText, nothing, type SecretsSeen } from './seen.ts'

/** The one file of a secrets folder. The state folder of a local data centre has the same. */
const FILE = 'secrets.json'
/** Secrets are some two kilobytes. */
const MOST_BYTES = 65_536

/** The file of secrets in such a folder. */
export const secretsFileIn = (folder: string): string => join(folder, FILE)

/** Looks at a folder of secrets: what it holds, and who else may read it. `uid` is whose it should be. */
export async function seeFolder(folder: string, uid = process.getuid?.()): Promise<SecretsSeen> {
  const file = secretsFileIn(folder)
  const where = `the file ${file}`
  try {
    const folderStats = await stat(folder)
    // One descriptor for both: what was checked is what is read.
    await using handle = await open(file)
    const stats = await handle.stat()
    if (stats.size > MOST_BYTES) {
      return {
        ...nothing(where),
        absent: false,
        unusable: [`${capital(where)} is longer than ${MOST_BYTES} bytes.`],
      }
    }
    return {
      ...judgeText(where, await handle.readFile('utf8')),
      open: [
        ...openness(folder, folderStats, 0o700, uid),
        ...openness(file, stats, 0o600, uid),
        ...(await linkage(file)),
      ],
    }
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return nothing(where)
    if (code === '') throw error
    return { ...nothing(where), absent: false, unusable: [`${capital(where)} cannot be read (${code}).`] }
  }
}

function openness(
  path: string,
  { mode, uid: owner }: Stats,
  wanted: number,
  uid: number | undefined,
): string[] {
  const found: string[] = []
  if ((mode & 0o077) !== 0) {
    found.push(
      `${path} is open to other users (mode ${octal(mode)}): run \`chmod ${octal(wanted)} ${path}\`.`,
    )
  }
  // The super-user looks after files of others.
  if (uid !== undefined && uid !== 0 && owner !== uid) {
    found.push(`${path} belongs to another user (uid ${owner}), who can change it.`)
  }
  return found
}

async function linkage(file: string): Promise<string[]> {
  const isLink = (await lstat(file)).isSymbolicLink()
  return isLink ? [`${file} is a symbolic link: whoever may change the link chooses the secrets.`] : []
}

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0')

/** Writes new secrets, unless there are some already, and leaves nobody else a look at them. */
export async function createInFolder(folder: string, text: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  await mkdir(folder, { mode: 0o700 }).catch(ignore('EEXIST'))
  // What is in the folder must not get into version control.
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch(ignore('EEXIST'))
  const draft = join(folder, `.${FILE}.${randomUUID()}.tmp`)
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    // Unlike rename, it never replaces what another process has just made.
    await link(draft, secretsFileIn(folder)).catch(ignore('EEXIST'))
  } finally {
    await rm(draft, { force: true })
  }
}

const ignore = (code: string) => (error: unknown) => {
  if (systemCode(error) !== code) throw error
}

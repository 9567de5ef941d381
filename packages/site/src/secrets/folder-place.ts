import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { link, lstat, mkdir, open, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemCode } from '../errors.ts'
import { capital, inspectText, nothing, type SecretsSeen } from './seen.ts'

/** The only file of a secrets folder. The state folder of a local data centre has a file of the same name. */
const FILE = 'secrets.json'
/** Secrets take about two kilobytes. */
const MAX_BYTES = 65_536

/** The path of the secrets file in a folder. */
export const secretsFileIn = (folder: string): string => join(folder, FILE)

/** Inspects a folder of secrets: its content, and which other users can read it. `uid` is the expected owner. */
export async function seeFolder(folder: string, uid = process.getuid?.()): Promise<SecretsSeen> {
  const file = secretsFileIn(folder)
  const where = `the file ${file}`
  try {
    const folderStats = await stat(folder)
    // One descriptor for both: the file that is checked is the file that is read.
    await using handle = await open(file)
    const stats = await handle.stat()
    if (stats.size > MAX_BYTES) {
      return {
        ...nothing(where),
        absent: false,
        unusable: [`${capital(where)} is longer than ${MAX_BYTES} bytes. Check that it is a secrets file.`],
      }
    }
    return {
      ...inspectText(where, await handle.readFile('utf8')),
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
    return {
      ...nothing(where),
      absent: false,
      unusable: [`${capital(where)} cannot be read (${code}). Check its permissions.`],
    }
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
      `Other users can access ${path} (mode ${octal(mode)}). Run \`chmod ${octal(wanted)} ${path}\`.`,
    )
  }
  // root manages files of other users.
  if (uid !== undefined && uid !== 0 && owner !== uid) {
    found.push(
      `${path} belongs to another user (uid ${owner}), who can change it. Run \`chown ${uid} ${path}\`.`,
    )
  }
  return found
}

async function linkage(file: string): Promise<string[]> {
  const isLink = (await lstat(file)).isSymbolicLink()
  return isLink
    ? [
        `${file} is a symbolic link. A user who can change the link can replace the secrets. Use a regular file.`,
      ]
    : []
}

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0')

/** Writes new secrets, unless the folder has some already. Only the owner can read them. */
export async function createInFolder(folder: string, text: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  await mkdir(folder, { mode: 0o700 }).catch(ignore('EEXIST'))
  // Keeps the folder out of version control.
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch(ignore('EEXIST'))
  const draft = join(folder, `.${FILE}.${randomUUID()}.tmp`)
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    // Unlike a rename, a link never replaces a file that another process has just created.
    await link(draft, secretsFileIn(folder)).catch(ignore('EEXIST'))
  } finally {
    await rm(draft, { force: true })
  }
}

const ignore = (code: string) => (error: unknown) => {
  if (systemCode(error) !== code) throw error
}

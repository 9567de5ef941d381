import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './build/packages.ts'
import { mirrorOfThisMachine } from './engines/debian-engines.ts'

const run = promisify(execFile)

/** The programs that `unpackDebian` runs. */
export const DEBIAN_ROOT_PROGRAMS = ['mmdebstrap', 'tar'] as const

/** Making a Debian costs most of the time of its test, so later runs use the same one for a week. */
const HOME = join(ROOT, '.holdfast', 'debian')
const TARBALL = join(HOME, 'bookworm.tar')
const MAX_AGE_MS = 7 * 24 * 3_600_000
const MAKE_TIMEOUT_MS = 300_000

/** Unpacks the smallest Debian that has apt, and what makes the users of packages, into an empty folder. Needs root. */
export async function unpackDebian(folder: string): Promise<void> {
  const age = await stat(TARBALL).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  )
  if (age > MAX_AGE_MS) await makeTarball()
  await mkdir(folder, { recursive: true })
  await run('tar', ['--extract', '--file', TARBALL, '--directory', folder, '--exclude=./dev/*'])
}

/** Two runs may do this at the same time: the last one stays. */
async function makeTarball(): Promise<void> {
  await mkdir(HOME, { recursive: true })
  const fresh = await mkdtemp(join(HOME, 'new-'))
  try {
    const file = join(fresh, 'root.tar')
    const choices = ['--variant=apt', '--include=systemd-standalone-sysusers', 'bookworm']
    await run('mmdebstrap', [...choices, file, await mirrorOfThisMachine()], {
      timeout: MAKE_TIMEOUT_MS,
      maxBuffer: 16 << 20,
    })
    await rename(file, TARBALL)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

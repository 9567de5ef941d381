import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { run } from './command.ts'

/** The programs that a campaign needs, and the Debian package of each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'redis-server': 'redis-server',
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  mount: 'mount',
  gcc: 'gcc',
}

/** The reason why a campaign cannot run here, in one sentence. Null when it can run. */
export async function missingRequirement(): Promise<string | null> {
  if (process.platform !== 'linux') return 'Network namespaces are a thing of Linux.'
  if (process.getuid?.() !== 0) return 'Network namespaces need root.'
  const missing: string[] = []
  for (const [program, pack] of Object.entries(PROGRAMS)) {
    if (!(await isInstalled(program))) missing.push(`${program} (package ${pack})`)
  }
  if (missing.length > 0) return `Not installed: ${missing.join(', ')}.`
  try {
    await run('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true'])
  } catch (error) {
    return `Namespaces cannot be made here: ${error instanceof Error ? error.message : String(error)}`
  }
  return null
}

async function isInstalled(program: string): Promise<boolean> {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    try {
      await access(join(folder, program), constants.X_OK)
      return true
    } catch {
      // Not in this folder. Try the next one.
    }
  }
  return false
}

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
  if (process.platform !== 'linux') return 'It needs Linux, because it uses network namespaces.'
  if (process.getuid?.() !== 0) return 'It needs root, because it creates network namespaces.'
  const missing: string[] = []
  for (const [program, pack] of Object.entries(PROGRAMS)) {
    if (!(await isInstalled(program))) missing.push(`${program} (package ${pack})`)
  }
  if (missing.length > 0) return `These programs are not installed: ${missing.join(', ')}.`
  try {
    await run('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true'])
  } catch (error) {
    return `The kernel does not allow new namespaces: ${error instanceof Error ? error.message : String(error)}`
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

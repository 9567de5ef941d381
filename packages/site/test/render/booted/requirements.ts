import { access, constants, readFile } from 'node:fs/promises'
import { isRoot, isThere, run } from '@holdfast/testing/hosts/programs'

/** The programs that boot systemd, those that the units of a host run, and those that install the command. */
const PROGRAMS = [
  ...['unshare', 'nsenter', 'pivot_root', 'mount', 'ip', 'nft', 'systemctl', 'redis-server'],
  ...['dpkg', 'dpkg-deb', 'dpkg-query'],
]

/** The reason why this machine cannot boot systemd, in one sentence. Null if it can. */
export async function missingToBoot(): Promise<string | null> {
  if (process.platform !== 'linux') return 'systemd is a thing of Linux.'
  if (!isRoot) return 'systemd is booted in namespaces, which need root.'
  const missing = PROGRAMS.filter((program) => !isThere(program))
  if (missing.length > 0) return `Not installed: ${missing.join(', ')}.`
  const groups = await controlGroups()
  if (groups === null) return 'There are no control groups of version 2 here.'
  try {
    await access(groups, constants.W_OK)
    const layer = ['mount', '-t', 'overlay', '-o', 'lowerdir=/usr:/etc', 'overlay', '/mnt']
    await run('unshare', ['--fork', '--pid', '--mount', '--cgroup', '--ipc', '--uts', '--net', ...layer])
  } catch (error) {
    return `Namespaces or control groups cannot be made here: ${error instanceof Error ? error.message : String(error)}`
  }
  return null
}

/** The mount point of the control groups of version 2. */
export async function controlGroups(): Promise<string | null> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  // https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
  const found = mounts.find((line) => line.includes(' - cgroup2 '))
  return found?.split(' ')[4] ?? null
}

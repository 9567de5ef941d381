import { readFile } from 'node:fs/promises'

/** A mounted file system, as a line of `/proc/self/mountinfo` describes it (proc(5)). */
interface Mount {
  point: string
  isReadOnly: boolean
  isInMemory: boolean
}

/**
 * Whether a file is in a file system in memory that is mounted read-only, as Docker, Kubernetes and systemd mount secrets.
 * Then its mode says nothing about other users of a machine: they do not see the mount. Pure.
 */
export function isMountedSecret(file: string, mountinfo: string): boolean {
  const around = mountsOf(mountinfo).filter(
    ({ point }) => point === '/' || file === point || file.startsWith(`${point}/`),
  )
  // A later mount hides an earlier one at the same place.
  const innermost = around.reduce<Mount | null>(
    (found, mount) => (found === null || mount.point.length >= found.point.length ? mount : found),
    null,
  )
  return innermost !== null && innermost.point !== '/' && innermost.isReadOnly && innermost.isInMemory
}

/**
 * Whether a folder is a file system of its own, such as a volume that the containers of a pod share: Kubernetes gives an
 * `emptyDir` the mode 0777, which no container should have to change. Pure.
 */
export const isMountPoint = (folder: string, mountinfo: string): boolean =>
  folder !== '/' && mountsOf(mountinfo).some(({ point }) => point === folder)

const mountsOf = (mountinfo: string): Mount[] => mountinfo.split('\n').flatMap(readMount)

function readMount(line: string): Mount[] {
  const [mount = '', superBlock = ''] = line.split(' - ')
  const [, , , , point, options] = mount.split(' ')
  if (point === undefined || options === undefined) return []
  return [
    {
      point: unescapePath(point),
      isReadOnly: options.split(',').includes('ro'),
      isInMemory: /^(?:tmpfs|ramfs) /.test(superBlock),
    },
  ]
}

/** Blanks and line breaks in paths are octal escapes. */
const unescapePath = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))

/** What Linux says about this process; other systems say nothing. */
export const readProc = (name: 'mountinfo' | 'uid_map'): Promise<string> =>
  readFile(`/proc/self/${name}`, 'utf8').catch(() => '')

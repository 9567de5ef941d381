/** A mounted file system, as a line of `/proc/self/mountinfo` describes it (proc(5)). */
interface Mount {
  point: string
  isReadOnly: boolean
}

/**
 * Whether a file is on a file system of its own that is mounted read-only, as Docker and Kubernetes mount secrets. Then
 * its mode says nothing about other users of a machine: they do not see the mount. Pure.
 */
export function isMountedReadOnly(file: string, mountinfo: string): boolean {
  const mounts = mountinfo.split('\n').flatMap(readMount)
  const around = mounts.filter(({ point }) => point === '/' || file === point || file.startsWith(`${point}/`))
  // A later mount hides an earlier one at the same place.
  const innermost = around.reduce<Mount | null>(
    (found, mount) => (found === null || mount.point.length >= found.point.length ? mount : found),
    null,
  )
  return innermost !== null && innermost.point !== '/' && innermost.isReadOnly
}

function readMount(line: string): Mount[] {
  const [, , , , point, options] = line.split(' ')
  if (point === undefined || options === undefined) return []
  return [{ point: unescapePath(point), isReadOnly: options.split(',').includes('ro') }]
}

/** Blanks and line breaks in paths are octal escapes. */
const unescapePath = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))

import { execFile } from 'node:child_process'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Release } from './tree.ts'

const run = promisify(execFile)

/** The only packages of Debian in the image: what Node is linked with, the authorities, the time zones. */
const PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6', 'ca-certificates', 'tzdata']

/** A user without a name in any other system, as in images of the field without a shell. */
const USER = '65532:65532'

const ETC = {
  passwd: 'root:x:0:0::/:/sbin/nologin\nholdfast:x:65532:65532::/var/lib/holdfast:/sbin/nologin\n',
  group: 'root:x:0:\nholdfast:x:65532:\n',
  'nsswitch.conf': 'hosts: files dns\n',
}

const NODE = '/usr/lib/holdfast/node'
const MAIN = '/usr/lib/holdfast/dist/main.js'

/**
 * Builds the OCI image of the gateway, without an engine: a layout in the folder `image`, which `skopeo`, `podman` and
 * `runc` read. It has no shell, no root user and no package manager. Containerfile says the same for those who build with
 * an engine. Only for the architecture of this machine.
 */
export async function buildImage(tree: string, scratch: string, out: string, release: Release): Promise<string> {
  const root = join(scratch, 'image-root')
  const downloads = join(scratch, 'debian')
  await mkdir(downloads, { recursive: true })
  await run('apt-get', ['download', ...PACKAGES], { cwd: downloads, timeout: 120_000 })
  await mkdir(join(root, 'etc'), { recursive: true })
  await run('sh', ['-euc', `for file in *.deb; do dpkg-deb --extract "$file" '${root}'; done`], { cwd: downloads })
  await run('sh', ['-euc', 'cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt'], {
    cwd: root,
  })
  for (const [name, text] of Object.entries(ETC)) await writeFile(join(root, 'etc', name), text)
  await cp(tree, join(root, 'usr'), { recursive: true, verbatimSymlinks: true })
  await mkdir(join(root, 'var/lib/holdfast'), { recursive: true })
  await run('chown', [USER, join(root, 'var/lib/holdfast')])

  const layout = join(out, 'image')
  const image = `${layout}:${release.version}`
  const bundle = join(scratch, 'bundle')
  const umoci = (...args: string[]) => run('umoci', args, { maxBuffer: 16 << 20 })
  await umoci('init', '--layout', layout)
  await umoci('new', '--image', image)
  await umoci('unpack', '--image', image, bundle)
  await run('cp', ['--archive', `${root}/.`, join(bundle, 'rootfs')])
  await umoci('repack', '--image', image, bundle)
  await umoci(
    'config',
    ...['--image', image, '--config.user', USER, '--created', new Date(release.timeS * 1000).toISOString()],
    ...[NODE, MAIN].flatMap((word) => ['--config.entrypoint', word]),
    ...['gateway', '--config', '/etc/holdfast/gateway.json'].flatMap((word) => ['--config.cmd', word]),
    ...['--config.workingdir', '/var/lib/holdfast', '--config.volume', '/var/lib/holdfast'],
    ...['--config.stopsignal', 'SIGTERM', '--config.exposedports', '8080/tcp'],
    ...['--config.label', `org.opencontainers.image.version=${release.version}`],
    ...['--config.label', 'org.opencontainers.image.licenses=Apache-2.0'],
  )
  return layout
}

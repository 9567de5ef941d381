import { execFile } from 'node:child_process'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Release } from './release.ts'

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
 * Builds the OCI image of the gateway without an engine: a layout in the folder `image` of `out`, which `skopeo`, `podman`
 * and `runc` read. It has no shell, no root user and no package manager. Needs root and `umoci`. Only for the
 * architecture of this machine. Returns the layout and the name of the image in it.
 *
 * Containerfile says the same for those who build with an engine, and adds a health check, for which the format of OCI
 * has no field. `tree`: the folder that `layOut` filled. `scratch`: a folder for files that are not needed afterwards.
 */
export async function buildImage(
  tree: string,
  scratch: string,
  out: string,
  release: Release,
): Promise<{ layout: string; name: string }> {
  const layout = join(out, 'image')
  const bundle = join(scratch, 'bundle')
  const image = ['--image', `${layout}:${release.version}`]
  const created = new Date(release.timeS * 1000).toISOString()
  const umoci = (...args: string[]) => run('umoci', args, { maxBuffer: 16 << 20 })
  await mkdir(out, { recursive: true })
  await umoci('init', '--layout', layout)
  await umoci('new', ...image)
  await umoci('unpack', ...image, bundle)
  await fillRoot(join(bundle, 'rootfs'), tree, scratch, release)
  await umoci('repack', ...image, '--no-history', bundle)
  await umoci(
    'config',
    ...[...image, '--no-history', '--created', created, '--config.user', USER],
    ...[NODE, MAIN].flatMap((word) => ['--config.entrypoint', word]),
    ...['gateway', '--config', '/etc/holdfast/gateway.json'].flatMap((word) => ['--config.cmd', word]),
    ...['--config.workingdir', '/var/lib/holdfast', '--config.volume', '/var/lib/holdfast'],
    ...['--config.stopsignal', 'SIGTERM', '--config.exposedports', '8080/tcp'],
    ...['--config.label', `org.opencontainers.image.version=${release.version}`],
    ...['--config.label', 'org.opencontainers.image.licenses=Apache-2.0'],
  )
  // Each step left its manifest and configuration behind.
  await umoci('gc', '--layout', layout)
  return { layout, name: release.version }
}

/** Packs a layout into one file. Two packings of one layout have the same bytes. */
export async function packImage(layout: string, file: string, release: Release): Promise<void> {
  await run('tar', [
    ...['--create', '--file', file, '--sort=name', '--format=ustar', `--mtime=@${release.timeS}`],
    ...['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'],
    ...['--directory', layout, 'blobs', 'index.json', 'oci-layout'],
  ])
}

/** Fills the root file system of the image. */
async function fillRoot(root: string, tree: string, scratch: string, release: Release): Promise<void> {
  const downloads = join(scratch, 'debian')
  await mkdir(downloads, { recursive: true })
  await run('apt-get', ['download', ...PACKAGES], { cwd: downloads, timeout: 120_000 })
  await run('sh', ['-euc', 'for file in *.deb; do dpkg-deb --extract "$file" "$1"; done', 'sh', root], {
    cwd: downloads,
  })
  await run(
    'sh',
    ['-euc', 'cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt'],
    { cwd: root },
  )
  for (const [name, text] of Object.entries(ETC)) await writeFile(join(root, 'etc', name), text)
  // Without a shell, bin/holdfast cannot start.
  for (const part of ['lib', 'share/doc'])
    await cp(join(tree, part), join(root, 'usr', part), { recursive: true, verbatimSymlinks: true })
  await mkdir(join(root, 'etc/holdfast'))
  await mkdir(join(root, 'var/lib/holdfast'), { recursive: true })
  await run('chown', [USER, join(root, 'var/lib/holdfast')])
  // Links too, so that a second build has the same bytes.
  await run('find', [root, '-exec', 'touch', '--no-dereference', `--date=@${release.timeS}`, '{}', '+'])
}

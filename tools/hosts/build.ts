/**
 * Builds what hosts install, into `dist/hosts`: for each platform a tarball, a .deb and an .rpm, each with its own Node. For
 * the platform of this machine also the OCI image of the gateway, if this runs as root and `umoci` is installed.
 * `npm run dist -- linux-x64` builds one platform. Nothing of another platform is run. Two builds of one revision have the
 * same bytes.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { isThere } from '@holdfast/testing/hosts/programs'
import { build } from '../build/build.ts'
import { ROOT, readManifest } from '../build/packages.ts'
import { buildArchive } from './archive.ts'
import { buildDeb } from './debian.ts'
import { buildImage, packImage } from './image.ts'
import { PLATFORMS, type Platform, type Release } from './release.ts'
import { buildRpm } from './rpm.ts'
import { layOut } from './tree.ts'

const run = promisify(execFile)

export interface HostPackages {
  archive: string
  deb: string
  rpm: string
}

/** The release of this revision. */
export const releaseOfSources = async (compression: Release['compression']): Promise<Release> => ({
  version: (await readManifest('packages/cli')).version,
  timeS: await timeOfRevision(),
  compression,
})

/** Builds the packages of a platform into a folder. `command` is the folder of the built command. */
export async function buildHostPackages(
  command: string,
  platform: Platform,
  out: string,
  release: Release,
): Promise<HostPackages> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-dist-'))
  try {
    await mkdir(out, { recursive: true })
    const tree = join(scratch, 'tree')
    await layOut(tree, command, platform, release)
    return {
      archive: await buildArchive(tree, out, platform, release),
      deb: await buildDeb(tree, scratch, out, platform, release),
      rpm: await buildRpm(tree, scratch, out, platform, release),
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Builds the image of the gateway as one file, which `podman load` and `skopeo` read. */
async function buildImageFile(
  command: string,
  platform: Platform,
  out: string,
  release: Release,
): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-dist-'))
  try {
    const tree = join(scratch, 'tree')
    await layOut(tree, command, platform, release)
    const { layout } = await buildImage(tree, scratch, scratch, release)
    const file = join(out, `holdfast-gateway-${release.version}-${platform}.oci.tar`)
    await packImage(layout, file, release)
    return file
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Why the image cannot be built here; null if it can. */
function whyNoImage(platform: Platform): string | null {
  if (platform !== `linux-${process.arch}`) return 'this machine has another architecture'
  if (process.getuid?.() !== 0) return 'it needs root'
  return isThere('umoci') ? null : 'umoci is not installed'
}

/** The time of the revision (in seconds since 1970). Without a repository, a fixed one. */
async function timeOfRevision(): Promise<number> {
  const asked = await run('git', ['log', '-1', '--format=%ct'], { cwd: ROOT }).catch(() => null)
  return asked === null ? 1_767_225_600 : Number(asked.stdout)
}

if (import.meta.main) {
  const [only] = process.argv.slice(2)
  const chosen = PLATFORMS.filter((platform) => only === undefined || platform === only)
  if (chosen.length === 0)
    throw new Error(`The platform must be one of ${PLATFORMS.join(', ')}, got "${only}".`)
  const { command } = await build()
  const release = await releaseOfSources('small')
  const out = join(ROOT, 'dist', 'hosts')
  for (const platform of chosen) {
    const files: string[] = Object.values(await buildHostPackages(command, platform, out, release))
    const reason = whyNoImage(platform)
    if (reason === null) files.push(await buildImageFile(command, platform, out, release))
    else console.log(`The image of the gateway for ${platform} was not built: ${reason}.`)
    for (const file of files) {
      const { size } = await stat(file)
      console.log(`dist/hosts/${basename(file)}  ${(size / (1 << 20)).toFixed(1)} MiB`)
    }
  }
}

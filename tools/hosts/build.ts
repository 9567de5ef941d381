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

export type HostPackages = Record<'archive' | 'deb' | 'rpm', string>

/** The release of this revision. */
export const releaseOfSources = async (compression: Release['compression']): Promise<Release> => ({
  version: (await readManifest('packages/cli')).version,
  timeS: await timeOfRevision(),
  compression,
})

/** The inputs of a build. */
export interface Sources {
  /** The folder that `layOut` filled. */
  tree: string
  /** A folder for files that are needed only during the build. */
  scratch: string
  platform: Platform
  release: Release
}

/** Builds a package of each kind into the folder `out`, and returns its file. */
export const BUILDERS: Record<keyof HostPackages, (sources: Sources, out: string) => Promise<string>> = {
  archive: ({ tree, platform, release }, out) => buildArchive(tree, out, platform, release),
  deb: ({ tree, scratch, platform, release }, out) => buildDeb(tree, scratch, out, platform, release),
  rpm: ({ tree, scratch, platform, release }, out) => buildRpm(tree, scratch, out, platform, release),
}

/** Lays out the tree of a platform in a temporary folder for `use`. `command` is the folder of the built command. */
export async function withSources<T>(
  command: string,
  platform: Platform,
  release: Release,
  use: (sources: Sources) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-dist-'))
  try {
    const tree = join(scratch, 'tree')
    await layOut(tree, command, platform, release)
    return await use({ tree, scratch, platform, release })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Builds the packages of a platform into a folder. */
export async function buildHostPackages(sources: Sources, out: string): Promise<HostPackages> {
  await mkdir(out, { recursive: true })
  return {
    archive: await BUILDERS.archive(sources, out),
    deb: await BUILDERS.deb(sources, out),
    rpm: await BUILDERS.rpm(sources, out),
  }
}

/** Builds the image of the gateway as one file, which `podman load` and `skopeo` read. */
async function buildImageFile({ tree, scratch, platform, release }: Sources, out: string): Promise<string> {
  const { layout } = await buildImage(tree, scratch, scratch, release)
  const file = join(out, `holdfast-gateway-${release.version}-${platform}.oci.tar`)
  await packImage(layout, file, release)
  return file
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
    const reason = whyNoImage(platform)
    const files = await withSources(command, platform, release, async (sources) => [
      ...Object.values(await buildHostPackages(sources, out)),
      ...(reason === null ? [await buildImageFile(sources, out)] : []),
    ])
    if (reason !== null) console.log(`The image of the gateway for ${platform} was not built: ${reason}.`)
    for (const file of files) {
      const { size } = await stat(file)
      console.log(`dist/hosts/${basename(file)}  ${(size / (1 << 20)).toFixed(1)} MiB`)
    }
  }
}

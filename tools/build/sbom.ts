import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LICENCES_FILE, packagesInLicences } from './licences.ts'
import type { PublishedManifest } from './manifest.ts'

const run = promisify(execFile)
const NPM_MS = 120_000

/** A bill of materials in the format CycloneDX, as far as tests read it. */
export interface BillOfMaterials {
  bomFormat: 'CycloneDX'
  metadata: { component: { name: string; version: string } }
  components: { name: string; version: string }[]
}

/**
 * The bill of materials of a built package, by `npm sbom`: what its bundle contains, what it depends on, and what these
 * depend on. `folder` is the folder of the built package. Needs the registry of npm. npm cannot see into a bundle, so it
 * is asked about a package that depends on exactly what the bundle contains.
 */
export async function billOfMaterials(folder: string): Promise<BillOfMaterials> {
  const { name, version, license, dependencies } = await readPublished(folder)
  const licences = await readFile(join(folder, 'dist', LICENCES_FILE), 'utf8').catch(() => '')
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-sbom-'))
  try {
    const asked = {
      name,
      version,
      license,
      dependencies: { ...packagesInLicences(licences), ...dependencies },
    }
    await writeFile(join(scratch, 'package.json'), JSON.stringify(asked))
    const npm = async (...args: string[]) =>
      (
        await run('npm', [...args, '--package-lock-only'], {
          cwd: scratch,
          timeout: NPM_MS,
          maxBuffer: 64 << 20,
        })
      ).stdout
    await npm('install', '--omit=dev', '--omit=peer', '--ignore-scripts', '--no-audit', '--no-fund')
    const bill = JSON.parse(await npm('sbom', '--sbom-format=cyclonedx', '--omit=dev')) as BillOfMaterials
    // npm calls a package by its folder.
    bill.metadata.component.name = name
    return bill
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const readPublished = async (folder: string): Promise<PublishedManifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PublishedManifest

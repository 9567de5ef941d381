import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER_OF_PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)/i

/** The file in `dist` that has the licences of all contained packages. */
export const LICENCES_FILE = 'THIRD-PARTY-LICENSES.txt'

const SEPARATOR = `\n${'-'.repeat(80)}\n\n`

/** The licences of the packages that these modules are of, as one text. Empty if the modules are all our own. */
export async function licencesOf(modules: readonly string[]): Promise<string> {
  const folders = new Set(modules.flatMap((id) => FOLDER_OF_PACKAGE.exec(id)?.[0] ?? []))
  const texts = await Promise.all([...folders].map(licenceOf))
  return [...new Set(texts)].toSorted().join(SEPARATOR)
}

/** The version of each package whose licence is in a text of {@link licencesOf}. */
export function packagesInLicences(licences: string): Record<string, string> {
  const heads = licences === '' ? [] : licences.split(SEPARATOR).map((text) => text.split(' ', 2))
  return Object.fromEntries(heads as [string, string][])
}

/** Throws if a package does not say its licence: then we may not contain it. */
async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license?: string
  }
  if (license === undefined) throw new Error(`${name} ${version} does not say its licence.`)
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).toSorted()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return `${name} ${version} (${license})\n\n${texts.map((text) => `${text.trim()}\n`).join('\n')}`
}

import { readFileSync } from 'node:fs'

/** The manifest of this package. In a published package it names the revision from which it was built. */
const MANIFEST = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')

interface Manifest {
  version: string
  gitHead?: string
}

/** The version of this package. */
export const version = (): string => (JSON.parse(MANIFEST) as Manifest).version

/** The revision from which this package was built. Null: it runs from its sources. */
export const revision = (): string | null => (JSON.parse(MANIFEST) as Manifest).gitHead ?? null

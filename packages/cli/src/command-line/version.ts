import { readFileSync } from 'node:fs'

/** The manifest of this package. In a published package it names the revision from which it was built. */
const MANIFEST = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')

/** The revision from which this package was built. Null: it runs from its sources. */
export const revision = (): string | null => (JSON.parse(MANIFEST) as { gitHead?: string }).gitHead ?? null

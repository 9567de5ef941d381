/** What `changeset status --output` writes, as far as the changelog needs it. */
export interface ReleasePlan {
  changesets: { summary: string; releases: { name: string; type: Bump }[] }[]
  releases: { name: string; newVersion: string }[]
}

type Bump = 'major' | 'minor' | 'patch' | 'none'

const HEADINGS: [Bump, string][] = [
  ['major', 'Changes that need an action:'],
  ['minor', 'New:'],
  ['patch', 'Fixed:'],
]

/** The version of a plan. Throws if it has two, because all packages carry one version. */
export function versionOf({ releases }: ReleasePlan): string {
  const [version, ...others] = new Set(releases.map(({ newVersion }) => newVersion))
  if (version === undefined || others.length > 0)
    throw new Error(
      `All packages must get one version, got "${[version, ...others].join(', ')}". See .changeset/config.json.`,
    )
  return version
}

/** The changelog with a section for the version of the plan above the others. Pure. */
export function addRelease(changelog: string, plan: ReleasePlan): string {
  const title = '# Changelog\n'
  if (!changelog.startsWith(title)) throw new Error(`CHANGELOG.md must begin with "${title.trim()}".`)
  const version = versionOf(plan)
  const lists = HEADINGS.flatMap(([bump, heading]) => {
    const items = plan.changesets
      .filter(({ releases }) => bumpOf(releases) === bump)
      .map(({ summary }) => `- ${summary.trim().replaceAll('\n', '\n  ')}`)
    return items.length === 0 ? [] : [`${heading}\n\n${items.join('\n')}\n`]
  })
  return `${title}\n## ${version}\n\n${lists.join('\n')}${changelog.slice(title.length)}`
}

/** The text of a version's section: the notes of its release. Pure. */
export function notesOf(changelog: string, version: string): string {
  const section = changelog.split(/^## /m).find((text) => text.split(/\s/, 1)[0] === version)
  if (section === undefined) throw new Error(`CHANGELOG.md has no section for ${version}.`)
  return `${section.slice(section.indexOf('\n')).trim()}\n`
}

/** The largest bump of a changeset. */
const bumpOf = (releases: { type: Bump }[]) =>
  HEADINGS.find(([bump]) => releases.some(({ type }) => type === bump))?.[0]

import type { Rule } from './rule.ts'

/** When its makers stopped to mend it. Not listed: not known to have stopped. */
const ENDED: Readonly<Record<string, string>> = { 'redis 7.0': 'July 2024' }

export const engineEndOfLife: Rule = {
  id: 'engine-end-of-life',
  severity: 'info',
  summary: 'The makers of this engine no longer mend this version.',
  why: 'Mistakes that let attackers in are mended only by distributions that keep the version up by themselves.',
  fix: 'Take it from a distribution that still mends it, such as Debian 12 or Ubuntu 24.04, or move to a newer version.',
  source: {
    title: 'GitLab, Upgrade Redis to v7.2 (7.0 ended in July 2024)',
    url: 'https://gitlab.com/gitlab-org/distribution/team-tasks/-/issues/1694',
  },
  *check({ engine: { name, version } }) {
    const ended = ENDED[`${name} ${version}`]
    if (ended === undefined) return
    yield {
      path: ['engine'],
      message: `${name} ${version} has not been mended by its makers since ${ended}.`,
    }
  },
}

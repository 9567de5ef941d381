import type { RuleText } from './rule.ts'

export const syntax: RuleText = {
  id: 'syntax',
  severity: 'error',
  summary: 'The file is no YAML that Holdfast reads.',
  why: 'What cannot be read for sure is not read at all. References (*name) are left out on purpose: each line says what it means, and a small file cannot become a huge one.',
  fix: 'Mend the line. A colon needs a space after it, spaces (no tabs) make the indentation, and special characters need quotes.',
  source: { title: 'YAML 1.2', url: 'https://yaml.org/spec/1.2.2/' },
}

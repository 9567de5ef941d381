import type { Problem } from '../http/problems.ts'
import { html } from './html.ts'
import { layout, type Page } from './layout.ts'

/** What went wrong, for a person. A passing trouble asks again by itself. */
export function problemPage(server: string, problem: Problem, isSafeToRepeat: boolean): Page {
  const passes = problem.status === 503
  return layout({
    title: TITLES[problem.status] ?? 'That did not work',
    server,
    ...(passes && isSafeToRepeat ? { refreshSeconds: 2 } : {}),
    content: html`<h1>${TITLES[problem.status] ?? 'That did not work'}</h1>
<p class="lead">${problem.message}</p>
${passes && isSafeToRepeat ? html`<p class="hint">This page asks again by itself.</p>` : html``}
<div class="actions"><a class="button primary" href="/">${passes ? 'Try again' : 'To the start page'}</a></div>
<p class="code">${problem.status} <code>${problem.code}</code></p>`,
  })
}

const TITLES: Readonly<Record<number, string>> = {
  401: 'You are not logged in',
  403: 'Refused',
  404: 'Nothing here',
  429: 'Please wait',
  503: 'One moment',
}

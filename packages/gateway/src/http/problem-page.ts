import { html } from '../html/html.ts'
import { layout, type Page } from '../html/layout.ts'
import type { Problem } from './problems.ts'

/** Describes an error to a person. For a temporary error the page reloads itself. */
export function problemPage(server: string, problem: Problem, isSafeToRepeat: boolean): Page {
  const isTemporary = problem.status === 503
  return layout({
    title: TITLES[problem.status] ?? 'Something went wrong',
    server,
    ...(isTemporary && isSafeToRepeat ? { refresh: { seconds: 2 } } : {}),
    content: html`<h1>${TITLES[problem.status] ?? 'Something went wrong'}</h1>
<p class="lead">${problem.message}</p>
${isTemporary && isSafeToRepeat ? html`<p class="hint">This page tries again automatically.</p>` : html``}
<div class="actions"><a class="button primary" href="/">${isTemporary ? 'Try again' : 'Go to the start page'}</a></div>
<p class="code">${problem.status} <code>${problem.code}</code></p>`,
  })
}

const TITLES: Readonly<Record<number, string>> = {
  401: 'You are not logged in',
  403: 'Access denied',
  404: 'Page not found',
  429: 'Please wait',
  503: 'One moment',
}

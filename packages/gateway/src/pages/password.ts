import { html } from '../html/html.ts'
import { layout, type Page } from '../html/layout.ts'

export interface PasswordForm {
  server: string
  /** The name that the browser sends; empty when the user must type it. */
  username: string
  /** The address after the change, already checked. */
  returnTo: string
  /** Why the last attempt failed, or why the password must be changed. */
  message?: string
}

/** The form with which users change their own passwords. It is a login with a new password. */
export function passwordPage({ server, username, returnTo, message }: PasswordForm): Page {
  const name = html`name="username" value="${username}" autocomplete="username"`
  return layout({
    title: 'Change your password',
    server,
    returnTo,
    content: html`<h1>Change your password</h1>
<p class="lead">${username === '' ? html`` : html`You are <b>${username}</b>. `}All your other sessions end.</p>
${message ? html`<p class="notice" role="alert">${message}</p>` : html``}
<form method="post" action="/password">
${returnTo === '/' ? html`` : html`<input type="hidden" name="return_to" value="${returnTo}">`}
${
  username === ''
    ? html`<label for="username">User name</label>
<input id="username" ${name} autocapitalize="none" spellcheck="false" maxlength="128" required autofocus>`
    : html`<input type="text" ${name} hidden readonly>`
}
<label for="password">Current password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${username === '' ? html`` : html` autofocus`}>
<label for="new">New password</label>
<input id="new" name="new_password" type="password" autocomplete="new-password" minlength="12" maxlength="1024" aria-describedby="rule" required>
<p class="hint" id="rule">At least 12 characters. A few words in a row are hard to guess and easy to remember.</p>
<label for="repeated">New password again</label>
<input id="repeated" name="repeated_password" type="password" autocomplete="new-password" maxlength="1024" required>
<button class="primary">Change the password</button>
</form>
<p class="actions"><a href="/">Back to the start page</a></p>`,
  })
}

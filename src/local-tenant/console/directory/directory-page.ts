import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import type { Session } from '../../protocol/authorization/sessions.ts'
import { invitationsSection, sessionsSection } from './membership-sections.ts'

export interface DirectoryPageOptions {
  readonly directory: Directory
  readonly sessions: readonly Session[]
  /** The file of the tenant's data. */
  readonly dataFile: string
  /** Confirms the previous action. */
  readonly confirmation: string
}

/** Invitations, sessions, organizations and clients. */
export function directoryView(options: DirectoryPageOptions): TenantPage {
  return {
    title: 'Directory',
    wide: true,
    body: html`<p role="status">${options.confirmation}</p>
${invitationsSection(options.directory)}
${sessionsSection(options.directory, options.sessions)}
${directorySections(options)}`,
  }
}

function directorySections({ directory, dataFile }: DirectoryPageOptions): Html {
  const { organizations, clients, clientGrants } = directory
  const organizationRows = [...organizations].map(
    ({ id, displayName, known }) =>
      html`<tr><th scope="row">${displayName}</th><td><code>${id}</code></td><td>${known ? 'known to the API' : 'unknown to the API'}</td></tr>`,
  )
  const clientRows = [...clients].map(({ id, name, secret }) => {
    const grants = [...clientGrants]
      .filter(({ client_id }) => client_id === id)
      .map(({ audience }) => `, granted ${audience}`)
    const type = secret === undefined ? 'public, with PKCE' : 'confidential'
    return html`<tr role="row"><th role="rowheader" scope="row">${name}</th><td role="cell"><code>${id}</code></td><td role="cell">${type}${grants.join('')}</td></tr>`
  })
  return html`<h2 id="organizations">Organizations</h2>
<table aria-labelledby="organizations"><tbody>${organizationRows}</tbody></table>
<h2 id="clients">Clients</h2>
<table class="stacks" role="table" aria-labelledby="clients"><tbody role="rowgroup">${clientRows}</tbody></table>
<p class="quiet">To change them, edit <code>${dataFile}</code>.</p>`
}

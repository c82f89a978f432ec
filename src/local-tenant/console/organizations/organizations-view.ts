import { chip } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import type { Organization, Role } from '../../directory/records.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import type { Parameters } from '../../protocol/parameters.ts'
import { table } from '../components.ts'
import { type FailedForm, INVALID } from '../notice.ts'
import { invitationsSection } from './invitations-view.ts'
import { PATH, ROLE_BOX } from './path.ts'

const COLUMNS = ['Organization', 'Members', 'Add a member', 'Invite somebody']

/** Organizations with their members, and all invitations. */
export function organizationsView(
  directory: Directory,
  dataFile: string,
  notice: Html,
  failed?: FailedForm,
): TenantPage {
  const rows = [...directory.organizations].map((organization) =>
    rowOf(organization, directory, failed),
  )
  const none = html`<div class="empty"><p>There are no organizations.</p>
<p>Add one to <code>${dataFile}</code>, or create it with <code>npm run provision -- --apply</code>.</p></div>`
  return {
    title: 'Organizations and invitations',
    wide: true,
    body: html`${notice}
<p class="lead">Members choose an organization when they log in. Their tokens have it in the claim <code>org_id</code>.</p>
<h2 id="organizations">Organizations</h2>
${rows.length > 0 ? table('organizations', COLUMNS, rows) : none}
${invitationsSection(directory)}`,
  }
}

function rowOf(
  organization: Organization,
  directory: Directory,
  failed: FailedForm | undefined,
): Html {
  const { id, displayName, known } = organization
  const personas = [...directory.personas]
  const members = personas
    .filter(({ organizations }) => organizations.includes(id))
    .map(
      (
        member,
      ) => html`<form method="post" action="${PATH}/remove"><input type="hidden" name="organization" value="${id}">
${member.displayName} <button class="linklike" name="persona" value="${member.name}" aria-label="Remove ${member.displayName} from ${displayName}">remove</button></form>`,
    )
  const others = personas.filter(({ organizations }) => !organizations.includes(id))
  return html`<tr role="row" id="${id}"><th role="rowheader" scope="row">${displayName}<small class="quiet"><code>${id}</code></small>
${known ? chip('known to the API', 'good') : chip('unknown to the API', 'warn')}</th>
<td role="cell">${members.length > 0 ? members : html`<span class="quiet">no members</span>`}</td>
<td role="cell">${others.length > 0 ? addForm(organization, others) : html`<span class="quiet">everybody is a member</span>`}</td>
<td role="cell">${inviteForm(organization, directory, failed?.id === id ? failed.values : undefined)}</td></tr>`
}

function addForm(
  { id, displayName }: Organization,
  others: readonly { name: string; displayName: string }[],
): Html {
  const options = others.map(
    (other) => html`<option value="${other.name}">${other.displayName}</option>`,
  )
  return html`<form method="post" action="${PATH}/add" class="row"><input type="hidden" name="organization" value="${id}">
<label><span class="sr-only">New member of ${displayName}</span><select name="persona">${options}</select></label>
<button class="small">Add</button></form>`
}

/** Invitations lead to the login of a client, so it needs the URL of one. */
function inviteForm(
  { id, displayName }: Organization,
  { clients, roles }: Directory,
  typed: Parameters | undefined,
): Html {
  const options = [...clients]
    .filter(({ initiateLoginUri }) => initiateLoginUri !== undefined)
    .map(
      (client) =>
        html`<option value="${client.id}" ${client.id === typed?.['client'] ? 'selected' : ''}>${client.name}</option>`,
    )
  if (options.length === 0) {
    return html`<span class="quiet">No client has a URL where a login starts (<code>initiateLoginUri</code>).</span>`
  }
  return html`<form method="post" action="${PATH}/invite" class="row"><input type="hidden" name="organization" value="${id}">
<label>E-mail address <input name="email" type="email" required autocomplete="off" value="${typed?.['email']}"${typed && INVALID}></label>
<label>Application <select name="client">${options}</select></label>
${rolesField([...roles], typed)}
<button class="small" aria-label="Invite to ${displayName}">Invite</button></form>`
}

/** Roles that the person gets with the invitation. */
function rolesField(roles: readonly Role[], typed: Parameters = {}): Html | undefined {
  if (roles.length === 0) return undefined
  const boxes = roles.map(({ name }) => {
    const isChecked = typed[ROLE_BOX + name] !== undefined
    return html`<label><input type="checkbox" name="${ROLE_BOX}${name}"${isChecked ? html` checked` : undefined}> ${name}</label>`
  })
  return html`<fieldset class="chips"><legend>Roles</legend>${boxes}</fieldset>`
}

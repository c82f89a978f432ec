import { chip } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import type { Role } from '../../directory/records.ts'
import type { ResourceServer } from '../../directory/resource-server.ts'
import { table } from '../components.ts'
import { type FailedForm, INVALID } from '../notice.ts'
import { PATH } from './people-notices.ts'
import { BOX, NEW_ROLE, permissionsIn } from './permissions.ts'

type Routes = ReadonlyMap<string, readonly string[]>

/** The roles with their permissions, who has them, and permissions that no role has. */
export function rolesSection(directory: Directory, routes: Routes, failed?: FailedForm): Html {
  const api = directory.mainApi
  const heading = html`<h2 id="roles">Roles</h2>`
  if (api === undefined) {
    return html`${heading}<div class="empty"><p>The tenant has no API, so there is nothing to permit.</p>
<p>Create one: <code>npm run provision -- --apply</code></p></div>`
  }
  const roles = [...directory.roles]
  const missing = [...routes].filter(
    ([name]) => !roles.some((role) => permissionsIn(role, api).includes(name)),
  )
  const alert = html`<div class="alert warn"><p>No role has a permission that a route requires. Add it to a role:</p>
<ul>${missing.map(([name, paths]) => html`<li><code>${name}</code> for <code>${paths.join(', ')}</code></li>`)}</ul></div>`
  const rows = roles.map((role) => roleRow(role, api, { directory, routes, failed }))
  const none = html`<div class="empty"><p>There are no roles.</p><p>Make one below, then give it to somebody.</p></div>`
  return html`${heading}
${missing.length > 0 ? alert : undefined}
${rows.length > 0 ? table('roles', ['Role', 'Permissions', 'Held by', 'Origin'], rows) : none}`
}

interface RoleRowOptions {
  readonly directory: Directory
  readonly routes: Routes
  readonly failed: FailedForm | undefined
}

function roleRow(
  role: Role,
  api: ResourceServer,
  { directory, routes, failed }: RoleRowOptions,
): Html {
  const { id, name } = role
  const permissions = permissionsIn(role, api).map(
    (permission) => html`<form method="post" action="${PATH}/permissions/remove">
<input type="hidden" name="role" value="${id}"><code>${permission}</code>
<button class="linklike" name="permission" value="${permission}" aria-label="Remove ${permission} from ${name}">remove</button>
${routesOf(permission, routes)}</form>`,
  )
  const holders = [...directory.personas].filter(({ roles }) => roles.includes(name))
  const remove = html`<form method="post" action="${PATH}/roles/remove">
<button class="danger small" name="role" value="${id}" aria-label="Delete the role ${name}">Delete</button></form>`
  return html`<tr role="row" id="${id}"><th role="rowheader" scope="row">${name}</th>
<td role="cell">${permissions}
<form method="post" action="${PATH}/permissions" class="row"><input type="hidden" name="role" value="${id}">
${permissionField(role, failed)}
<button class="small">Add</button></form></td>
<td role="cell"><span class="name">held by</span> ${holders.map(({ displayName }) => displayName).join(', ') || html`<span class="quiet">nobody</span>`}</td>
<td role="cell">${directory.roles.isSeeded(role) ? html`<span class="quiet">from the data file: delete it there</span>` : html`<span class="quiet">made here</span> ${remove}`}</td></tr>`
}

/** The field for another permission of a role, with what was typed if the form failed. */
function permissionField({ id, name }: Role, failed: FailedForm | undefined): Html {
  const typed = failed?.id === id ? failed.values['permission'] : undefined
  return html`<label>Add a permission <span class="sr-only">to ${name}</span>
<input name="permission" list="permissions" required maxlength="280" autocomplete="off" placeholder="read:things" value="${typed}"${typed === undefined ? undefined : INVALID}></label>`
}

function routesOf(permission: string, routes: Routes): Html {
  const paths = routes.get(permission)
  if (paths === undefined) return chip('required by no route')
  return html`<small class="quiet">for ${paths.join(', ')}</small>`
}

/** The form for a new role, and the suggestions for permissions of other forms. */
export function newRoleForm(
  directory: Directory,
  routes: Routes,
  failed?: FailedForm,
): Html | undefined {
  const api = directory.mainApi
  if (api === undefined) return undefined
  const names = [...new Set([...api.scopes.map(({ value }) => value), ...routes.keys()])]
  const values = failed?.id === NEW_ROLE ? failed.values : {}
  const boxes = names.map((name) => {
    const isChecked = values[BOX + name] !== undefined
    return html`<label><input type="checkbox" name="${BOX}${name}"${isChecked ? html` checked` : undefined}> <code>${name}</code></label>`
  })
  return html`<datalist id="permissions">${names.map((name) => html`<option value="${name}"></option>`)}</datalist>
<h2 id="${NEW_ROLE}">Make a role</h2>
<form method="post" action="${PATH}/roles" class="card">
<label>Name <input name="name" required maxlength="50" autocomplete="off" value="${values['name']}"${failed?.id === NEW_ROLE ? INVALID : undefined}></label>
<fieldset><legend>Permissions</legend>${boxes}
<label>Another one <input name="other" maxlength="280" autocomplete="off" placeholder="read:things" value="${values['other']}"></label></fieldset>
<button class="primary">Make the role</button></form>`
}

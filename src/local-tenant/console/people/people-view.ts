import { chip, initials } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import type { Persona } from '../../directory/records.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { table } from '../components.ts'
import type { ConsoleApi } from '../console-api.ts'
import type { FailedForm } from '../notice.ts'
import { PATH } from './people-notices.ts'
import { permissionsIn, routesByPermission } from './permissions.ts'
import { newRoleForm, rolesSection } from './roles-view.ts'

export interface PeopleViewOptions {
  readonly directory: Directory
  readonly api: ConsoleApi | undefined
  readonly dataFile: string
  readonly notice: Html
  /** The form that led to this page, if it failed. */
  readonly failed?: FailedForm
}

/** Personas with their roles and permissions, and the roles. */
export function peopleView(options: PeopleViewOptions): TenantPage {
  const { directory, api, dataFile, notice, failed } = options
  const personas = [...directory.personas].map((persona) => personaRow(persona, directory))
  const routes = routesByPermission(api)
  return {
    title: 'People and roles',
    wide: true,
    body: html`${notice}
<p class="lead">What somebody may do at the API follows from their roles. A change counts for the next token.</p>
<h2 id="people">People</h2>
${table('people', ['Who', 'Organizations', 'Roles', 'Permissions'], personas)}
<p class="quiet">To add somebody, sign up on the login page of an application, or edit <code>${dataFile}</code>.</p>
${rolesSection(directory, routes, failed)}
${newRoleForm(directory, routes, failed)}
${changesSection(directory, dataFile)}`,
  }
}

function personaRow(persona: Persona, directory: Directory): Html {
  const { name, displayName, email, emailVerified = true, denied, secondFactor } = persona
  const notes = [
    ...(emailVerified ? [] : [chip('e-mail not verified', 'warn')]),
    ...(denied === undefined ? [] : [chip('login denied', 'bad')]),
    ...(secondFactor === false ? [chip('no second factor', 'warn')] : []),
  ]
  return html`<tr role="row" id="persona-${name}"><th role="rowheader" scope="row">
<span class="row">${initials(displayName)}<span>${displayName}<small class="quiet">${name}, ${email}</small>${notes}</span></span></th>
<td role="cell">${organizationsOf(persona, directory)}</td>
<td role="cell">${rolesOf(persona, directory)}</td>
<td role="cell">${permissionsOf(persona, directory)}</td></tr>`
}

function organizationsOf({ organizations }: Persona, directory: Directory): Html {
  if (organizations.length === 0) return html`<span class="quiet">no organization</span>`
  const chips = organizations.map((id) => chip(directory.organizations.get(id)?.displayName ?? id))
  return html`<span class="chips">${chips}</span>`
}

/** The roles of a persona, each with a button to take it away, and a form for another one. */
function rolesOf({ name, displayName, roles }: Persona, directory: Directory): Html {
  const known = [...directory.roles]
  const held = known
    .filter((role) => roles.includes(role.name))
    .map(
      (
        role,
      ) => html`<form method="post" action="${PATH}/take"><input type="hidden" name="persona" value="${name}">
${role.name} <button class="linklike" name="role" value="${role.id}" aria-label="Take away ${role.name} from ${displayName}">take away</button></form>`,
    )
  const unknown = roles
    .filter((role) => !known.some((other) => other.name === role))
    .map((role) => html`<p>${role} ${chip('no such role', 'warn')}</p>`)
  const others = known.filter((role) => !roles.includes(role.name))
  const options = others.map((role) => html`<option value="${role.id}">${role.name}</option>`)
  const give = html`<form method="post" action="${PATH}/give" class="row">
<input type="hidden" name="persona" value="${name}">
<label><span class="sr-only">Role for ${displayName}</span><select name="role">${options}</select></label>
<button class="small">Give</button></form>`
  return html`${held}${unknown}${others.length > 0 ? give : undefined}`
}

/** The permissions of a persona, each with the roles that it comes from. */
function permissionsOf(persona: Persona, directory: Directory): Html {
  const api = directory.mainApi
  const names = api === undefined ? [] : directory.permissionsOf(persona, api)
  if (api === undefined || names.length === 0) {
    return html`<span class="quiet">no permission</span>`
  }
  const sources = (name: string) =>
    [...directory.roles]
      .filter(
        (role) => persona.roles.includes(role.name) && permissionsIn(role, api).includes(name),
      )
      .map((role) => role.name)
      .join(', ')
  return html`${names.map((name) => html`<div><code>${name}</code> <small class="quiet">from ${sources(name)}</small></div>`)}`
}

function changesSection(directory: Directory, dataFile: string): Html {
  const { length } = directory.changes()
  const undo = html`<details><summary>Undo all changes</summary>
<p>This also undoes the changes of the Management API. Records that are not in <code>${dataFile}</code> are gone.</p>
<form method="post" action="${PATH}/undo"><button class="danger">Undo ${length} changed records</button></form></details>`
  return html`<h2 id="changes">Changes</h2>
<p>Changes are stored in <code>.local-tenant</code>, apart from <code>${dataFile}</code>, and last when the tenant restarts.
Records that differ now: ${length}.</p>
${length > 0 ? undo : undefined}`
}

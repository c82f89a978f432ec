/** Somebody is asked to become a member of an organization, once. */
export interface Invitation {
  readonly id: string
}

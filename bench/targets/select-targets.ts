import { flask, haproxy } from './apt-peers.ts'
import { bare, nodePeers } from './node-peers.ts'
import { OTHER_BUILD, otherBuild, ours, twoWorkers } from './our-server.ts'
import { installPeerPackages } from './peer-packages.ts'
import type { Target } from './target.ts'

/** A target and its version; the version is undefined if the target is not installed. */
export interface SelectedTarget {
  readonly target: Target
  readonly version: string | undefined
}

/** Which targets a run measures. */
export interface Selection {
  /** Names of targets; all of them if undefined. */
  readonly only: readonly string[] | undefined
  /** The path of another build of this server, which is then added. */
  readonly against: string | undefined
}

/**
 * The targets of a run. Installs the peers' packages if a chosen target needs them.
 *
 * @throws Error if a name is not the name of a target, or there is no other build at the path
 */
export function selectTargets({ only, against }: Selection): SelectedTarget[] {
  const chosen = chooseTargets(only, against === undefined ? undefined : otherBuild(against))
  if (chosen.some(({ packages }) => packages !== undefined)) installPeerPackages()
  return chosen.map((target) => ({ target, version: target.version() }))
}

/** In an A/B comparison, the two builds are always measured, and others only if they are named. */
function chooseTargets(only: readonly string[] | undefined, other: Target | undefined): Target[] {
  const builds = other === undefined ? [ours] : [ours, other]
  const targets = [...builds, twoWorkers, bare, haproxy, ...nodePeers, flask]
  const names = targets.map(({ name }) => name)
  const unknown = only?.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`No target ${unknown}: ${names.join(', ')}.`)
  if (other === undefined) return targets.filter(({ name }) => only?.includes(name) ?? true)
  return targets.filter((target) => builds.includes(target) || only?.includes(target.name))
}

export function hasOtherBuild(targets: readonly SelectedTarget[]): boolean {
  return targets.some(({ target }) => target.name === OTHER_BUILD)
}

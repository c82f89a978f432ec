import type { Issuer } from '../issuer/issuer.ts'

/** How the process of a target is started. */
export interface Launch {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Set if the program cannot report the port that it got from the operating system. */
  readonly port?: number
}

/** A program that is measured. */
export interface Target {
  /** As in `--only` and in the results file. */
  readonly name: string
  /** As in the tables. */
  readonly title: string
  /** Packages of bench/package.json that it needs. */
  readonly packages?: readonly string[]
  /** What is measured, with its version; undefined if it is not installed. */
  readonly version: () => string | undefined
  /** Names of the loads that it supports; all of them if undefined. */
  readonly loads?: readonly string[]
  readonly launch: (issuer: Issuer) => Promise<Launch>
}

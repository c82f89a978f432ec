#!/usr/bin/env node
import { readEnvironment, setting } from '../config/environment.ts'
import { boundedFetch } from '../utils/bounded-fetch.ts'

/**
 * The health check of the container image, which has no shell and no curl: exits with 0 if the server in the
 * same container is alive, otherwise with 1.
 */
const BOUNDS = { timeoutMs: 2_000, maxBytes: 1024 }
const EVERY_ADDRESS = ['0.0.0.0', '::']

const sources = readEnvironment()
const host = setting(sources, 'HOST', '0.0.0.0')
const address = EVERY_ADDRESS.includes(host) ? '127.0.0.1' : host
const url = new URL('http://localhost/livez')
url.hostname = address.includes(':') ? `[${address}]` : address
url.port = setting(sources, 'PORT', '6060')
const isAlive = await boundedFetch(url, BOUNDS).then(
  ({ ok }) => ok,
  () => false,
)
process.exitCode = isAlive ? 0 : 1

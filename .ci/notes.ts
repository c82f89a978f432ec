/**
 * Follows docs/build-your-own.md as a newcomer would, in an empty folder outside of the repository: packs the
 * package, writes the files of the guide, runs its commands, and compares what they print. Each file has to
 * be the one in examples/notes. Then the project moves to the next version of the package without an edit.
 * Needs Node 24, and docker or buildah for the container. Prints `Notes: N passed, N failed`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

interface Block {
  readonly language: string
  readonly text: string
  /** The name before the block, if it is that of a file. */
  readonly file: string | undefined
  /** What the commands print, if the guide shows it. */
  readonly output: string | undefined
  /** The comment before the block for this program. */
  readonly note: string | undefined
}

/** Programs that run until they are stopped, and what they print when they are ready. */
const SERVERS: Readonly<Record<string, RegExp>> = {
  'npm run dev\n': /curl .*http:\/\/localhost:6060/s,
  'npm run page\n': /The page is at/,
}

const root = join(import.meta.dirname, '..')
const example = join(root, 'examples/notes')
const home = mkdtempSync(join(tmpdir(), 'build-your-own-'))
const shims = join(home, 'bin')
const running: ChildProcess[] = []
let cwd = home
let passed = 0
let failed = 0

function check(name: string, actual: unknown, expected: unknown): void {
  if (actual === expected) {
    passed += 1
    return
  }
  failed += 1
  console.error(`Notes: ${name}\nexpected ${expected}\nbut got ${actual}`)
}

function blocksOf(guide: string): Block[] {
  const pattern =
    /(?:<!-- \.ci\/notes\.ts (.*) -->\n\n)?(?:^\*\*([\w./-]+)\*\*:\n\n)?^```(\w+)\n([\s\S]*?)^```\n(?:```text\n([\s\S]*?)^```\n)?/gm
  return [...guide.matchAll(pattern)].map(([, note, file, language = '', text = '', output]) => {
    return { language, text, file, output, note }
  })
}

/** Runs commands in the folder where the commands before have ended. */
function run(commands: string) {
  const separated = commands
    .replaceAll(/^(curl .*)$/gm, '$1; echo')
    .replaceAll('curl ', 'curl -sS ')
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['-e', '-c', `${separated}\npwd > "$PWD_FILE"`],
    { cwd, encoding: 'utf8', env: environment() },
  )
  if (status === 0) cwd = readFileSync(join(home, 'pwd'), 'utf8').trim()
  return { stdout, stderr, status }
}

function environment(): NodeJS.ProcessEnv {
  const { PATH, ...others } = process.env
  return {
    ...others,
    PATH: `${shims}:${PATH}`,
    PWD_FILE: join(home, 'pwd'),
    DOCKER_STATE: join(home, 'docker'),
  }
}

/** Starts a program of the guide, and waits until it is ready. */
async function startServer(command: string, ready: RegExp): Promise<void> {
  const child = spawn('bash', ['-c', `exec ${command}`], {
    cwd,
    detached: true,
    env: environment(),
  })
  running.push(child)
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      if (ready.test(output)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('close', () => reject(new Error(`${command} ended:\n${output}`)))
  })
}

async function stopServers(): Promise<void> {
  for (const child of running.splice(0)) {
    const ended = new Promise((resolve) => child.on('close', resolve))
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    await ended
  }
}

/** What a browser does before and with the calls of the page. */
async function checkCors(): Promise<void> {
  const origin = 'http://localhost:4040'
  const preflight = await fetch('http://localhost:6060/api/notes', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,dpop',
    },
  })
  check('preflight', preflight.headers.get('access-control-allow-origin'), origin)
  const response = await fetch('http://localhost:6060/api/notes', { headers: { origin } })
  check('CORS of an error', response.headers.get('access-control-allow-origin'), origin)
}

/** Packs the next minor version, as its maintainers would publish it. */
function packNextVersion(): void {
  const commands =
    'npm version minor --no-git-tag-version && npm pack --pack-destination ../notes/vendor'
  const clone = join(home, 'messages-api')
  const { status, stderr } = spawnSync('bash', ['-e', '-c', commands], {
    cwd: clone,
    encoding: 'utf8',
  })
  check(`pack the next version: ${stderr}`, status, 0)
}

/** A copy of the tracked files stands for the clone of the guide. */
function copyRepository(): void {
  const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  for (const file of stdout
    .split('\0')
    .filter((name) => name !== '' && existsSync(join(root, name))))
    cpSync(join(root, file), join(home, 'messages-api', file))
}

/** The dependencies of the guide come from npm install. */
function withoutVersions(file: string, text: string): string {
  if (file !== 'package.json') return text
  const { dependencies, devDependencies, ...others } = JSON.parse(text)
  return JSON.stringify(others)
}

function writeFile({ text }: Block, file: string): void {
  const expected = withoutVersions(file, readFileSync(join(example, file), 'utf8'))
  check(`${file} is that of examples/notes`, withoutVersions(file, text), expected)
  mkdirSync(dirname(join(cwd, file)), { recursive: true })
  writeFileSync(join(cwd, file), text)
}

async function follow(block: Block): Promise<void> {
  const { language, text, file, output, note } = block
  if (note?.startsWith('stops')) await stopServers()
  if (note?.startsWith('packs')) packNextVersion()
  const ready = SERVERS[text]
  if (file !== undefined) writeFile(block, file)
  else if (language !== 'sh') return
  else if (ready !== undefined) {
    await startServer(text.trim(), ready)
    if (text.includes('dev')) await checkCors()
    passed += 1
  } else {
    const { stdout, stderr, status } = run(text)
    if (output === undefined) check(`${text}${stdout}${stderr}`, status, 0)
    else check(`${text}${stderr}`, stdout, output)
  }
}

/** Without docker, buildah stands for it. */
function installDocker(): void {
  if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0) return
  cpSync(join(import.meta.dirname, 'docker-by-buildah.sh'), join(shims, 'docker'))
}

const guide = readFileSync(join(root, 'docs/build-your-own.md'), 'utf8')
const blocks = blocksOf(guide)
try {
  copyRepository()
  mkdirSync(shims)
  installDocker()
  const notes = blocks.filter(({ note }) => note !== undefined).length
  check('notes for this program', notes, guide.split('<!-- .ci/notes.ts').length - 1)
  for (const block of blocks) await follow(block)
  const packages = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))
  const documented = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8'))
  for (const kind of ['dependencies', 'devDependencies']) {
    const names = (of: Record<string, object>) => Object.keys(of[kind] ?? {}).join()
    check(`the ${kind} are those of examples/notes`, names(packages), names(documented))
  }
  const installed = readFileSync(join(cwd, 'node_modules/messages-api/package.json'), 'utf8')
  const current = readFileSync(join(root, 'package.json'), 'utf8')
  const isNewer = JSON.parse(installed).version !== JSON.parse(current).version
  check('the project has moved to the next version', isNewer, true)
  const document = readFileSync(join(cwd, 'openapi.yaml'), 'utf8')
  check('openapi.yaml', document, readFileSync(join(example, 'openapi.yaml'), 'utf8'))
} catch (error) {
  failed += 1
  console.error(`Notes: ${(error as Error).stack}`)
} finally {
  await stopServers()
  rmSync(home, { recursive: true, force: true })
}
console.log(`Notes: ${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

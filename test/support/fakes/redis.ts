import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

const READONLY = "READONLY You can't write against a read only replica."
const READS = ['GET', 'ZRANGE', 'CLIENT', 'PING', 'ROLE']

/** The Redis commands that sessions and limits need, in memory (RESP 2). It can go down and come back. */
export async function fakeRedis(t: Test) {
  const values = new Map<string, string | Map<string, number>>()
  const sockets = new Set<Socket>()
  /** Connections to a server that is a replica now. */
  const demoted = new Set<Socket>()
  let hangs = false
  let requests = 0
  let errorReply: string | undefined
  let primary: string | undefined
  let role = 'master'

  const text = (value: string | undefined) =>
    value === undefined ? '$-1\r\n' : `$${Buffer.byteLength(value)}\r\n${value}\r\n`
  const setOf = (key: string) => {
    const found = values.get(key) ?? new Map<string, number>()
    values.set(key, found)
    return found as Map<string, number>
  }
  const commands: Record<string, (...args: string[]) => string> = {
    CLIENT: () => '+OK\r\n',
    PING: () => '+PONG\r\n',
    SELECT: () => '+OK\r\n',
    ROLE: () =>
      role === 'master'
        ? `*3\r\n${text(role)}:0\r\n*0\r\n`
        : `*5\r\n${text(role)}${text('127.0.0.1')}:1\r\n${text('connected')}:0\r\n`,
    SENTINEL: () =>
      primary === undefined ? '*-1\r\n' : `*2\r\n${text('127.0.0.1')}${text(primary)}`,
    // A cluster of one node.
    CLUSTER: () =>
      `*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n${text('127.0.0.1')}:${port}\r\n${text('id')}`,
    GET: (key = '') => text(values.get(key) as string | undefined),
    SET(key = '', value = '', ...options) {
      if (options.includes('NX') && values.has(key)) return text(undefined)
      if (options.includes('XX') && !values.has(key)) return text(undefined)
      values.set(key, value)
      return '+OK\r\n'
    },
    GETDEL(key = '') {
      const value = values.get(key) as string | undefined
      values.delete(key)
      return text(value)
    },
    DEL: (...keys) => `:${keys.filter((key) => values.delete(key)).length}\r\n`,
    PTTL: (key = '') => `:${values.has(key) ? 60_000 : -2}\r\n`,
    PEXPIRE: (key = '') => `:${values.has(key) ? 1 : 0}\r\n`,
    EVAL(script = '', _keys = '', key = '', ...args) {
      if (script.includes("'GET'")) {
        const [expected, value = ''] = args
        if (values.get(key) !== expected) return ':0\r\n'
        values.set(key, value)
        return ':1\r\n'
      }
      if (script.includes('ZADD')) {
        const [now = '', member = ''] = args
        const members = setOf(key)
        members.delete(member)
        return `:${members.set(member, Number(now)).size}\r\n`
      }
      // It counts, and replies with the count and the rest of the window.
      const [windowMs = ''] = args
      const count = Number(values.get(key) ?? 0) + 1
      values.set(key, String(count))
      return `*2\r\n:${count}\r\n:${windowMs}\r\n`
    },
    ZREM: (key = '', ...members) =>
      `:${members.filter((one) => setOf(key).delete(one)).length}\r\n`,
    ZPOPMIN(key = '') {
      const [oldest] = setOf(key).keys()
      if (oldest === undefined) return '*0\r\n'
      setOf(key).delete(oldest)
      return `*2\r\n${text(oldest)}${text('0')}`
    },
    ZRANGE(key = '') {
      if (typeof values.get(key) === 'string')
        return '-WRONGTYPE It holds another kind of value\r\n'
      return `*${setOf(key).size}\r\n${[...setOf(key).keys()].map(text).join('')}`
    },
  }

  function answer(socket: Socket, name: string, args: string[]): string {
    if (errorReply !== undefined && name !== 'CLIENT') return `-${errorReply}\r\n`
    if (demoted.has(socket) && !READS.includes(name)) return `-${READONLY}\r\n`
    return commands[name]?.(...args) ?? '-ERR unknown command\r\n'
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let received = ''
    socket.on('data', (data) => {
      received += data.toString()
      for (;;) {
        const request = takeRequest(received)
        if (request === undefined) return
        received = request.rest
        const [name = '', ...args] = request.parts
        requests += 1
        if (!hangs) socket.write(answer(socket, name, args))
      }
    })
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const port = await listen(0)
  const goDown = async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  t.teardown(goDown)
  return {
    url: `redis://127.0.0.1:${port}`,
    values,
    goDown,
    comeUp: () => listen(port),
    hang: (whether: boolean) => {
      hangs = whether
    },
    /** A failover: open connections lead to a replica, new ones to the new primary. */
    failOver: () => {
      for (const socket of sockets) demoted.add(socket)
    },
    /** Replies to each command with this error; undefined for the usual replies. */
    replyWith: (error: string | undefined) => {
      errorReply = error
    },
    /** As a sentinel, it names this server as the primary; undefined for none. */
    name: (url: string | undefined) => {
      primary = url && new URL(url).port
    },
    setRole: (name: 'master' | 'slave') => {
      role = name
    },
    /** How many commands arrived, in all. */
    commands: () => requests,
    /** How many connections are open. */
    connections: () => sockets.size,
  }
}

/** Parses the first command of the received data; undefined if it is incomplete. */
function takeRequest(received: string): { parts: string[]; rest: string } | undefined {
  const lines = received.split('\r\n')
  const count = Number(lines[0]?.slice(1))
  if (lines.length < 2 * count + 2) return undefined
  const parts = Array.from({ length: count }, (_, index) => String(lines[2 * index + 2]))
  return { parts, rest: lines.slice(2 * count + 1).join('\r\n') }
}

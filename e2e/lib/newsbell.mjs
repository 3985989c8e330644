// Starts a real Newsbell for each test, on a new database, and a real push service that
// all tests share, each in its own process.
import { spawn, execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { shared } from './shared.mjs'

const run = promisify(execFile)
const bin = new URL('../../bin/', import.meta.url).pathname

// pushService returns the addresses of the push service: url, websocket.
export const pushService = shared(async t =>
  JSON.parse((await start(t, 'newsbell', ['push-service', '--plain'], line => line.startsWith('{'))).line))

// prepared returns a folder with a new database, and a token for it. Copying it is
// faster than creating another.
const prepared = shared(async t => {
  const folder = await newFolder(t)
  const { stdout } = await run(join(bin, 'newsbell'), ['token', 'create', 'e2e', '--data-dir', folder])
  return { folder, token: stdout.trim() }
})

async function newFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'newsbell-e2e-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

// startNewsbell starts a Newsbell. If there is a front, a proxy, its address is the base
// URL. Passkeys need a host with a name, localhost.
export async function startNewsbell(t, { empty = false, embedOrigin, front, host = '127.0.0.1', undoWindow = '10s' } = {}) {
  const folder = await newFolder(t)
  const [push, { folder: template, token }] = await Promise.all([pushService(), prepared()])
  await cp(template, folder, { recursive: true })
  const port = await freePort()
  const listen = `127.0.0.1:${port}`
  const url = front?.alerts ?? `http://${host}:${port}`
  const { line } = await start(t, 'newsbell', ['serve', '--data-dir', folder, '--listen', listen, '--base-url', url,
    '--undo-window', undoWindow, '--allow-push-host', push.url, ...embedOrigin ? ['--embed-origin', embedOrigin] : []], line => line.startsWith('first account'))
  if (front) front.newsbell = listen
  const newsbell = new Newsbell(url, push, folder, token, line.split(/\s+/).at(-1))
  if (!empty) await newsbell.openOutage()
  return newsbell
}

class Newsbell {
  slug = 'messages-down'

  // firstAccount is the address of the form that makes the first chief.
  constructor(url, push, folder, token, firstAccount) {
    Object.assign(this, { url, push, folder, token, firstAccount })
  }

  // command runs a newsbell command on this database and returns what it prints.
  async command(...args) {
    return (await run(join(bin, 'newsbell'), [...args, '--data-dir', this.folder])).stdout
  }

  get page() { return `${this.url}/outages/${this.slug}` }

  async openOutage() {
    await this.post('/apps', { slug: 'messenger', name: 'Messenger' })
    await this.post('/apps', { slug: 'instagram', name: 'Instagram' })
    await this.post('/outages', {
      slug: this.slug, headline: 'Messenger and Instagram messages down', apps: ['messenger', 'instagram'],
      standfirst: 'People around the world cannot send, receive or open direct messages.',
    })
  }

  // publish publishes an update, whose words may have been sent before, and waits until its
  // alert has been sent.
  async publish(update) {
    const { update: { id }, alert } = await this.post(`/outages/${this.slug}/updates`,
      { kind: 'update', alert: 'all', undo_seconds: 0, again: true, ...update })
    return { id, alert: alert && await until(async () => {
      const now = await this.get(`/alerts/${alert.id}`)
      return now.state === 'sent' && now
    }, `alert ${alert.id} is sent`) }
  }

  get(path) { return this.#call('GET', path) }
  post(path, body) { return this.#call('POST', path, body) }

  // script sets the push service's next answers to an endpoint.
  async script(endpoint, ...answers) {
    const response = await fetch(`${this.push.url}/control/script`, { method: 'POST', body: JSON.stringify({ endpoint, answers }) })
    if (!response.ok) throw new Error(`the push service did not accept the script: ${await response.text()}`)
  }

  // rows counts the rows about readers in the database.
  async rows() {
    return JSON.parse((await run(join(bin, 'rows'), [join(this.folder, 'newsbell.db')])).stdout)
  }

  async #call(method, path, body) {
    const answer = await fetch(this.url + '/api/v1' + path, {
      method, body: body && JSON.stringify(body),
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
}

// until calls ask until it returns something truthy, and returns that.
export async function until(ask, what, seconds = 15) {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise(resume => setTimeout(resume, 25))
  }
}

// start runs one of our programs until the test ends, and waits for the line that says
// that it is ready.
async function start(t, name, args, isReady) {
  const child = spawn(join(bin, name), args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  t.after(async () => { child.kill(); await exited })
  let errors = ''
  child.stderr.on('data', data => { errors += data })
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) if (isReady(line)) return line
    throw new Error(`${name} ended: ${errors}`)
  })()
  return { child, line: await ready }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

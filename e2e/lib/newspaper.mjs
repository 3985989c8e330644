// A newspaper at an origin of its own: docs/embedding with Newsbell's real address, and
// with the strictest Content-Security-Policy that docs/embedding.md allows.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname } from 'node:path'

const folder = new URL('../../docs/embedding/', import.meta.url)
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }

// startNewspaper serves the pages. Its newsbell is Newsbell's address; its change
// edits each file.
export async function startNewspaper(t) {
  const newspaper = { newsbell: '', change: text => text }
  const server = createServer((request, response) => answer(newspaper, request.url, response).catch(error => {
    response.writeHead(404).end(String(error))
  })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => new Promise(closed => { server.close(closed); server.closeAllConnections() }))
  newspaper.url = `http://localhost:${server.address().port}`
  return newspaper
}

async function answer({ newsbell, change }, path, response) {
  const name = path === '/' ? 'index.html' : path.slice(1)
  const text = await readFile(new URL(name, folder), 'utf8')
  response.writeHead(200, {
    'content-type': types[extname(name)], 'cache-control': 'no-store',
    'content-security-policy': (await policy()).replaceAll('https://push.example', newsbell),
  }).end(change(text, name).replaceAll('https://push.example', newsbell))
}

// policy returns the Content-Security-Policy in the guide.
async function policy() {
  const page = await readFile(new URL('../embedding.md', folder), 'utf8')
  return page.match(/^Content-Security-Policy: (.*)$/m)[1]
}

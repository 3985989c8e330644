// A newspaper and Newsbell at one origin. A proxy forwards paths below /alerts/ to
// Newsbell unchanged. The rest is the newspaper's: a page with the follow element, and a
// service worker that controls the whole origin.
import { once } from 'node:events'
import { createServer, request } from 'node:http'

const paper = {
  '/': ['text/html', '<!doctype html><title>The Example</title><script type="module" src="/alerts/newsbell.js"></script><newsbell-follow outage="messages-down"></newsbell-follow>'],
  '/paper-worker.js': ['text/javascript', 'self.addEventListener("push", () => {})'],
}

export async function startSharedOrigin(t) {
  const front = { newsbell: '' }
  const server = createServer((incoming, answer) => {
    if (incoming.url.startsWith('/alerts')) return pass(front.newsbell, incoming, answer)
    const [type, text] = paper[incoming.url] ?? []
    answer.writeHead(text ? 200 : 404, { 'content-type': type ?? 'text/plain' }).end(text)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => new Promise(closed => { server.close(closed); server.closeAllConnections() }))
  front.url = `http://127.0.0.1:${server.address().port}`
  front.alerts = `${front.url}/alerts`
  return front
}

function pass(newsbell, incoming, answer) {
  const [host, port] = newsbell.split(':')
  const { method, url: path, headers } = incoming
  const onward = request({ host, port, method, path, headers }, response => {
    answer.writeHead(response.statusCode, response.headers)
    response.pipe(answer)
  })
  onward.on('error', () => answer.destroy())
  answer.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

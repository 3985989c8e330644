// The newsroom's page of an alert: the server sends its changing part whenever something
// has changed.

import { localTimes } from '../page/local-time.js'
import { chart } from './chart.js'
import { reconcile } from './reconcile.js'

const retryAfter = 3000
const watch = document.querySelector('.watch')
const part = name => watch.querySelector(`[data-part=${name}]`)
const draw = chart(part('plot'))
let source
let hasEnded = false

drawCurve()
document.addEventListener('visibilitychange', listen)
window.addEventListener('pagehide', close)
window.addEventListener('pageshow', listen)
listen()

// A hidden page has no stream, because browsers allow six connections to a server. A new
// stream begins with how the alert is now.
function listen() {
  if (document.visibilityState === 'hidden') return close()
  if (hasEnded || source && source.readyState !== EventSource.CLOSED) return
  source = new EventSource(watch.dataset.events)
  source.addEventListener('open', () => { watch.dataset.stream = 'open' })
  source.addEventListener('progress', ({ data }) => show(JSON.parse(data)))
  source.addEventListener('end', end)
  source.addEventListener('error', lost)
}

function close() {
  source?.close()
  watch.dataset.stream = 'closed'
}

function show({ words, stop, html }) {
  part('lost').hidden = true
  if (part('state').textContent !== words) part('state').textContent = words
  showStop(stop)
  reconcile(part('progress'), html, 'plot')
  localTimes(part('progress'))
  drawCurve()
}

// showStop shows the button with its word, or hides it if that is empty.
function showStop(word) {
  const stop = part('stop')
  if (!stop) return
  stop.hidden = !word
  const button = stop.querySelector('button')
  if (word && button.textContent !== word) button.textContent = word
}

function drawCurve() {
  const { chart } = watch.querySelector('.chart').dataset
  if (chart) draw(JSON.parse(chart))
}

// end shows that the session has ended: nothing more comes.
function end() {
  hasEnded = true
  close()
  part('lost').hidden = true
  part('ended').hidden = false
  part('stop')?.remove()
}

// The browser reconnects automatically, unless the server answered with an error, or
// redirects to the sign-in page.
async function lost() {
  watch.dataset.stream = 'lost'
  part('lost').hidden = false
  if (source.readyState !== EventSource.CLOSED) return
  const answer = await fetch(watch.dataset.counts, { redirect: 'manual', cache: 'no-store' }).catch(() => null)
  if (answer?.type === 'opaqueredirect') end()
  else setTimeout(listen, retryAfter)
}

// <newsbell-follow outage="messages-down"> or app="messenger" on pages of other
// sites: the button and the dialog of our own pages, in a shadow root, so that
// no style of one side reaches the other.

import * as api from '../reader/api.js'
import { NewsbellFollow } from '../reader/newsbell-follow.js'
import { useWorker } from '../reader/push.js'
import { isGuest } from '../page/site.js'

const parts = `
  <button type="button" class="button button-primary follow-button" aria-haspopup="dialog" disabled>
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false"><path fill="currentColor" d="M12 2a2 2 0 0 0-2 2v.4C6.700 5.300 4.500 8 4.500 11.300V16L3 18v1h18v-1l-1.500-2v-4.700c0-3.300-2.200-6-5.500-6.900V4a2 2 0 0 0-2-2zM9 20a3 3 0 0 0 6 0z"/></svg>
    <span class="follow-label">Follow</span>
  </button>
  <p class="follow-status" role="status"></p>`

const wayOut = `
  <details class="follow-forget">
    <summary>Forget this browser</summary>
    <p>This deletes everything that Newsbell has about this browser on this site: the address and keys for its notifications, what it follows and mutes, its time zone, and what failed or waits.</p>
    <button type="button" class="button button-danger">Forget everything</button>
  </details>`

class EmbeddedFollow extends NewsbellFollow {
  #isBegun = false

  async connectedCallback() {
    if (this.#isBegun) return
    this.#isBegun = true
    if (isGuest) useWorker(this.getAttribute('worker'))
    const [css, offer] = await Promise.all([styles().catch(() => ''), this.#offer().catch(problem => ({ problem }))])
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet(css, root)]
    if (offer.problem) return this.#refuse(offer.problem)
    root.innerHTML = parts
    root.querySelector('.follow-status').textContent = offer.promise
    root.append(...offer.choices.map(choice))
    this.setAttribute('subject', offer.subject)
    this.setAttribute('topic', offer.topic ?? '')
    const ready = super.connectedCallback()
    this.#addWayOut()
    await ready
  }

  async #offer() {
    const slug = this.getAttribute('outage')
    return slug ? ofOutage(await api.readOutage(slug)) : ofApp(await api.readApp(this.getAttribute('app')))
  }

  // There are no preferences on another site, so the dialog has the way out.
  #addWayOut() {
    this.dialog.querySelector('form').insertAdjacentHTML('beforeend', wayOut)
    const details = this.dialog.querySelector('.follow-forget')
    details.querySelector('button').addEventListener('click', () => this.forget())
    details.addEventListener('toggle', () => { if (details.open) details.scrollIntoView({ block: 'end' }) })
    this.dialog.addEventListener('close', () => { details.open = false })
  }

  // What the page itself wrote inside the element, such as a link, stays.
  #refuse(problem) {
    console.warn(problem)
    this.shadowRoot.innerHTML = '<p class="problem" role="alert"></p><slot></slot>'
    this.shadowRoot.querySelector('p').textContent = problem.message
  }
}

function ofOutage({ slug, headline, state, apps }) {
  const choices = apps.map(app => ({ topic: `app/${app.slug}`, name: app.name, note: 'each of its outages' }))
  if (state !== 'ongoing') {
    return { subject: headline, choices, promise: 'This outage is over. Follow its apps to get notified about the next one. No account needed.' }
  }
  const topic = `outage/${slug}`
  return {
    subject: headline, topic, promise: 'Get notified when something changes. No account needed.',
    choices: [{ topic, name: 'This outage', note: 'until it is resolved' }, ...choices],
  }
}

function ofApp({ slug, name }) {
  const topic = `app/${slug}`
  return {
    subject: name, topic, promise: `Get notified when ${name} goes down and when it is back. No account needed.`,
    choices: [{ topic, name, note: 'each of its outages' }],
  }
}

function choice({ topic, name, note }) {
  const data = Object.assign(document.createElement('data'), { value: topic, textContent: name, hidden: true })
  data.dataset.note = note
  return data
}

let loading
const styles = () => loading ??= Promise.all(['tokens', 'base', 'follow', 'embedded'].map(load)).then(all => all.join('\n'))
const load = async name => (await fetch(new URL(`../../css/${name}.css`, import.meta.url))).text()

// A rem is of the page's making, and may be tiny. Ours becomes what the reader's
// browser calls a medium font.
function sheet(css, root) {
  const probe = root.appendChild(document.createElement('span'))
  probe.style.fontSize = 'medium'
  const medium = parseFloat(getComputedStyle(probe).fontSize)
  const made = new CSSStyleSheet()
  made.replaceSync(css.replace(/(\d*\.?\d+)rem\b/g, (_, share) => `${share * medium}px`))
  return made
}

customElements.define('newsbell-follow', EmbeddedFollow)

// What the service worker could not report goes along with a visit.
receipts.send().catch(() => {})

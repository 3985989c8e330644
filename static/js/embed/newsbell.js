// <newsbell-follow outage="messages-down"> or app="messenger" on pages of other sites:
// the button and the dialog of our own pages, in a shadow root, so that neither side's
// styles affect the other.

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

const forgetForm = `
  <details class="follow-forget">
    <summary>Forget this browser</summary>
    <p>This deletes everything that Newsbell stores about this browser on this site: its push address and keys, what it follows and mutes, its time zone, and its failed and waiting notifications.</p>
    <button type="button" class="button button-danger">Forget everything</button>
  </details>`

class EmbeddedFollow extends NewsbellFollow {
  #isConnected = false

  async connectedCallback() {
    if (this.#isConnected) return
    this.#isConnected = true
    if (isGuest) useWorker(this.getAttribute('worker'))
    const [css, choice] = await Promise.all([styles().catch(() => ''), this.#load().catch(problem => ({ problem }))])
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet(css, root)]
    if (choice.problem) return this.#showError(choice.problem)
    root.innerHTML = parts
    root.querySelector('.follow-status').textContent = choice.invitation
    root.append(...choice.topics.map(topicElement))
    this.setAttribute('subject', choice.subject)
    this.setAttribute('topic', choice.topic ?? '')
    const ready = super.connectedCallback()
    this.#addForgetForm()
    await ready
  }

  async #load() {
    const slug = this.getAttribute('outage')
    return slug ? ofOutage(await api.readOutage(slug)) : ofApp(await api.readApp(this.getAttribute('app')))
  }

  // Another site has no preferences page, so the dialog can forget the browser.
  #addForgetForm() {
    this.dialog.querySelector('form').insertAdjacentHTML('beforeend', forgetForm)
    const details = this.dialog.querySelector('.follow-forget')
    details.querySelector('button').addEventListener('click', () => this.forget())
    details.addEventListener('toggle', () => { if (details.open) details.scrollIntoView({ block: 'end' }) })
    this.dialog.addEventListener('close', () => { details.open = false })
  }

  // The page's own content of the element, such as a link, stays.
  #showError(problem) {
    console.warn(problem)
    this.shadowRoot.innerHTML = '<p class="problem" role="alert"></p><slot></slot>'
    this.shadowRoot.querySelector('p').textContent = problem.message
  }
}

function ofOutage({ slug, headline, state, apps }) {
  const topics = apps.map(app => ({ topic: `app/${app.slug}`, name: app.name, note: 'each of its outages' }))
  if (state !== 'ongoing') {
    return { subject: headline, topics, invitation: 'This outage is over. Follow its apps to get notified about the next one. No account needed.' }
  }
  const topic = `outage/${slug}`
  return {
    subject: headline, topic, invitation: 'Get notified when something changes. No account needed.',
    topics: [{ topic, name: 'This outage', note: 'until it is resolved' }, ...topics],
  }
}

function ofApp({ slug, name }) {
  const topic = `app/${slug}`
  return {
    subject: name, topic, invitation: `Get notified when ${name} goes down and when it is back. No account needed.`,
    topics: [{ topic, name, note: 'each of its outages' }],
  }
}

function topicElement({ topic, name, note }) {
  const data = Object.assign(document.createElement('data'), { value: topic, textContent: name, hidden: true })
  data.dataset.note = note
  return data
}

let loading
const styles = () => loading ??= Promise.all(['tokens', 'base', 'follow', 'embedded'].map(load)).then(all => all.join('\n'))
const load = async name => (await fetch(new URL(`../../css/${name}.css`, import.meta.url))).text()

// The page decides how large a rem is, and it may be tiny. sheet replaces it with the
// size of the browser's medium font.
function sheet(css, root) {
  const probe = root.appendChild(document.createElement('span'))
  probe.style.fontSize = 'medium'
  const medium = parseFloat(getComputedStyle(probe).fontSize)
  const made = new CSSStyleSheet()
  made.replaceSync(css.replace(/(\d*\.?\d+)rem\b/g, (_, share) => `${share * medium}px`))
  return made
}

customElements.define('newsbell-follow', EmbeddedFollow)

// Sends the receipts that the service worker could not.
receipts.send().catch(() => {})

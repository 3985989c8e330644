// <newsbell-live> receives an outage's updates as they are published. A bar says how
// many are waiting, so that nothing moves while the reader reads.

import { localTimes, time } from '../page/local-time.js'
import { join } from '../page/list.js'
import { base } from '../page/site.js'

const retryAfter = 5000
const states = { failing: 'Failing', recovering: 'Recovering', up: 'Up' }

class NewsbellLive extends HTMLElement {
  #waiting = []
  #last = 0
  #isStale = false

  connectedCallback() {
    if (this.bar) return
    this.#last = Number(this.getAttribute('after'))
    addDayHeadings()
    this.innerHTML = '<div class="live-bar" role="status"><button type="button" class="button button-primary" hidden></button></div>'
    this.bar = this.querySelector('button')
    this.bar.addEventListener('click', () => this.show())
    document.addEventListener('visibilitychange', () => this.#listen())
    window.addEventListener('pagehide', () => this.#close())
    window.addEventListener('pageshow', () => this.#listen())
    this.#listen()
  }

  // show adds the waiting updates to the page, and goes to the newest.
  show() {
    if (this.#isStale) return location.reload()
    let newest
    for (const update of this.#waiting.splice(0)) newest = this.#insert(update)
    this.bar.hidden = true
    newest?.focus({ preventScroll: true })
    newest?.scrollIntoView({ block: 'start' })
  }

  // A hidden page has no stream, because browsers allow six connections to a server. It
  // gets the updates that it missed when it is visible again.
  #listen() {
    if (document.visibilityState === 'hidden') return this.#close()
    if (this.source && this.source.readyState !== EventSource.CLOSED) return
    this.source = new EventSource(`${this.getAttribute('src')}?after=${this.#last}`)
    this.source.addEventListener('open', () => { this.dataset.stream = 'open' })
    this.source.addEventListener('update', ({ data }) => this.#receive(JSON.parse(data)))
    this.source.addEventListener('reset', ({ data }) => this.#markOutOfDate(JSON.parse(data)))
    this.source.addEventListener('error', () => this.#lost())
  }

  #close() {
    this.source?.close()
    this.dataset.stream = 'closed'
  }

  // The browser reconnects automatically, unless the server answered with an error.
  #lost() {
    this.dataset.stream = 'lost'
    if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.#listen(), retryAfter * (1 + Math.random()))
  }

  #receive(update) {
    if (update.position <= this.#last) return
    this.#last = update.position
    if (this.#isStale) return
    this.#waiting.push(update)
    const count = this.#waiting.length
    const resolved = this.#waiting.some(({ kind }) => kind === 'resolution')
    this.bar.textContent = `${resolved ? 'Resolved: ' : ''}${count} new ${count === 1 ? 'update' : 'updates'}`
    this.bar.hidden = false
  }

  // The page shows updates that the server no longer has, for example after a backup
  // was restored. Nothing moves until the reader reloads it.
  #markOutOfDate({ id }) {
    this.#last = id
    this.#waiting = []
    this.#isStale = true
    this.bar.textContent = 'This page is out of date. Reload it.'
    this.bar.hidden = false
  }

  #insert(update) {
    const entry = element(update.entry)
    entry.classList.add('entry-new')
    this.after(entry)
    document.querySelector('.coverage .empty-line')?.remove()
    if (update.key_moment) {
      document.querySelector('.moments').prepend(element(update.key_moment))
      document.querySelector('.moments').closest('nav').hidden = false
    }
    if (update.band) {
      document.querySelector('.status .band').replaceWith(element(update.band))
      document.querySelector('newsbell-follow')?.end()
    }
    if (update.corrected) document.querySelector(`#update-${update.corrects} h4`)?.before(element(update.corrected))
    for (const { dataset } of entry.querySelectorAll('.entry-apps li')) this.#nameApp(dataset)
    for (const [app, state] of Object.entries(update.states)) setState(app, state)
    showStates()
    const last = document.querySelector('.status-last')
    last.querySelector('time').dateTime = update.published_at
    last.hidden = false
    localTimes()
    addDayHeadings()
    return entry
  }

  // nameApp adds an app that the coverage has not named before to the list.
  #nameApp({ app, name, state }) {
    if (listed(app)) return
    const line = document.querySelector(listedApps).cloneNode(true)
    line.dataset.app = app
    Object.assign(line.querySelector('a'), { href: `${base}/apps/${app}`, textContent: name })
    document.querySelector('.outage-side .apps').append(line)
    setState(app, state)
  }
}

const listedApps = '.outage-side .apps li'
const listed = app => document.querySelector(`${listedApps}[data-app="${app}"]`)

function setState(app, state) {
  const pill = listed(app).querySelector('.state')
  pill.className = `state state-${state}`
  pill.textContent = states[state]
}

// showStates lists the apps by state in the band.
function showStates() {
  const lines = [...document.querySelectorAll(listedApps)]
  const parts = Object.entries(states).flatMap(([state, word]) => {
    const names = lines.filter(line => line.querySelector(`.state-${state}`)).map(line => line.querySelector('a').textContent)
    if (names.length === 0) return []
    const part = element('<span><strong></strong></span>')
    part.firstChild.append(word)
    part.append(` ${join(names)}`)
    return [part, ' ']
  })
  document.querySelector('.status-apps').replaceChildren(...parts)
}

// addDayHeadings puts a heading before the newest entry of each day in the reader's
// time zone. The server renders them in UTC.
function addDayHeadings() {
  for (const old of document.querySelectorAll('.day-heading')) old.remove()
  let last
  for (const entry of document.querySelectorAll('.coverage .entry')) {
    const day = time(entry.querySelector('.entry-when time').dateTime, 'day')
    if (day.textContent === last) continue
    last = day.textContent
    const heading = element('<h3 class="day-heading"></h3>')
    heading.append(day)
    entry.before(heading)
  }
}

function element(html) {
  const template = document.createElement('template')
  template.innerHTML = html
  return template.content.firstElementChild
}

customElements.define('newsbell-live', NewsbellLive)

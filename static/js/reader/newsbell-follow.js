// <newsbell-follow>: a button that opens a small dialog to choose what to follow and
// at which level. The browser asks for permission only after the choice.

import { effectiveLevel, getsAlerts, levels } from './level.js'
import { expired } from './synchronize.js'
import { current, follow, forget, unfollow } from './subscription.js'
import { example } from './follow-example.js'
import { join } from '../page/list.js'
import { onElsewhere } from './other-tabs.js'
import { ask, obstacle, onPermission, whyNoAlerts, renderObstacle } from './permission.js'
import { welcome } from './welcome.js'

let count = 0

const form = id => `
  <form method="dialog">
    <header class="dialog-head">
      <h2 id="${id}-title">Get notified</h2>
      <button type="button" class="dialog-close" aria-label="Close"></button>
    </header>
    <div class="follow-obstacle" role="alert" hidden></div>
    <div class="follow-choice">
      <fieldset class="follow-topics"><legend>Follow</legend></fieldset>
      <fieldset class="follow-levels">
        <legend>Notify me about</legend>
        <label class="choice"><input type="radio" name="level" value="all" checked> <span>All updates <small>Each one as it is published</small></span></label>
        <label class="choice"><input type="radio" name="level" value="key"> <span>Key moments <small>What matters most, and the resolution</small></span></label>
        <label class="choice"><input type="radio" name="level" value="resolution"> <span>Only when it’s back <small>One notification, when it is resolved</small></span></label>
      </fieldset>
      <div class="follow-example"></div>
      <p class="hint follow-next"></p>
    </div>
    <p class="problem follow-problem" role="alert"></p>
    <p class="buttons">
      <button type="button" class="button follow-unfollow" hidden>Unfollow</button>
      <button type="submit" class="button button-primary follow-confirm">Follow</button>
    </p>
  </form>`

export class NewsbellFollow extends HTMLElement {
  #follows = new Map()
  #said = ''

  async connectedCallback() {
    if (this.dialog) return
    this.#build()
    this.button.disabled = false
    await this.#refresh().catch(() => {})
    onPermission(() => this.#refresh().catch(() => {}))
    onElsewhere(() => this.#refresh().catch(() => {}))
    this.dataset.ready = ''
  }

  // end removes the page's outage from the dialog, because it is resolved.
  async end() {
    this.#boxes().find(box => box.value === this.getAttribute('topic'))?.closest('label').remove()
    this.setAttribute('topic', '')
    this.#say(this.dataset.over)
    await this.#refresh().catch(() => {})
  }

  // forget deletes everything about this browser, on the server and here.
  forget() { return this.#perform(forget) }

  #build() {
    this.button = this.#root.querySelector('.follow-button')
    this.status = this.#root.querySelector('.follow-status')
    this.dialog = document.createElement('dialog')
    this.dialog.className = 'dialog follow-dialog'
    const id = `newsbell-follow-${++count}`
    this.dialog.setAttribute('aria-labelledby', `${id}-title`)
    this.dialog.innerHTML = form(id)
    for (const choice of this.#root.querySelectorAll('data')) this.#part('topics').append(checkbox(choice))
    this.#root.append(this.dialog)
    this.example = example()
    this.#part('example').append(this.example)
    this.dialog.addEventListener('change', () => this.#showExample())
    this.button.addEventListener('click', () => this.#open())
    this.dialog.addEventListener('submit', event => { event.preventDefault(); this.#confirm() })
    this.dialog.querySelector('.dialog-close').addEventListener('click', () => this.dialog.close())
    this.#part('unfollow').addEventListener('click', () => this.#unfollowAll())
    this.dialog.addEventListener('click', event => { if (event.target === this.dialog) this.dialog.close() })
  }

  // After an action, or if something was followed before, the status also says that
  // nothing is followed now.
  async #refresh({ hasActed = this.#summary() !== '' } = {}) {
    const subscription = await current()
    this.#follows = new Map(subscription?.follows.map(follow => [follow.topic, follow]))
    const followed = this.#followed()
    const muted = this.#isMuted()
    this.toggleAttribute('data-known', subscription !== null)
    this.#root.querySelector('.follow-label').textContent = followed.length ? 'Following' : muted ? 'Muted' : 'Follow'
    this.button.classList.toggle('is-following', followed.length > 0)
    const summary = this.#summary() || (hasActed && !obstacle() ? 'You no longer follow anything here.' : '')
    const reason = summary && subscription ? whyNoAlerts() : ''
    const sentences = [summary, subscription?.problem?.message ?? reason, expired].filter(Boolean)
    if (sentences.length) this.#say(sentences.join(' '))
  }

  // summary says what this browser follows or mutes of the page's topics.
  #summary() {
    const followed = this.#followed()
    if (followed.length) return `You follow ${this.#describe(followed)}.`
    return this.#isMuted() ? 'You muted this outage.' : ''
  }

  // describe names what is followed, and at which level.
  #describe(followed) {
    const named = followed.map(box => [box.dataset.name, levels[effectiveLevel(this.#follows.get(box.value))]])
    const [[, first]] = named
    if (named.every(([, level]) => level === first)) return `${join(named.map(([name]) => name))}: ${first}`
    return join(named.map(([name, level]) => `${name} (${level})`))
  }

  #open() {
    this.#showProblem('')
    this.#showObstacle(obstacle())
    const followed = this.#followed()
    for (const box of this.#boxes()) {
      box.checked = followed.length ? followed.includes(box) : box.value === this.getAttribute('topic')
    }
    this.level = followed.length ? effectiveLevel(this.#follows.get(followed[0].value)) : 'all'
    this.dialog.querySelector(`[name=level][value=${this.level}]`).checked = true
    this.#part('unfollow').hidden = followed.length === 0
    this.#part('confirm').textContent = followed.length ? 'Save' : 'Follow'
    this.#showExample()
    this.#part('next').textContent = this.#isAllowed() ? '' : permissionHint()
    this.dialog.showModal()
  }

  async #confirm() {
    const chosen = this.#boxes().filter(box => box.checked).map(box => box.value)
    if (chosen.length === 0 && this.#followed().length === 0) return this.#showProblem('Choose at least one topic to follow.')
    const stop = chosen.length ? await this.#ask() : null
    if (stop) return this.#focusObstacle(stop)
    const isFirst = await this.#perform(() => this.#save(chosen, this.#chosenLevel()))
    if (isFirst) await welcome((...parts) => this.#sayAlso(parts))
  }

  // While the browser asks for permission, another press must not follow twice.
  async #ask() {
    this.#busy(true)
    try {
      return await ask()
    } finally {
      this.#busy(false)
    }
  }

  // The example names an app that is chosen, if there is one.
  #showExample() {
    const boxes = this.#boxes()
    const apps = boxes.filter(box => box.value.startsWith('app/'))
    const app = apps.find(box => box.checked) ?? apps[0]
    this.example.show(this.#chosenLevel(), app?.dataset.name ?? this.getAttribute('subject'))
  }

  // save keeps the level of each topic that is followed already, unless the reader
  // changed the level. It returns whether this is the browser's first follow.
  async #save(chosen, level) {
    const changed = chosen.filter(topic => !this.#isFollowed(topic) || level !== this.level)
    const isFirst = changed.length > 0 && await follow(changed.map(topic => ({ topic, level })))
    for (const box of this.#followed()) if (!chosen.includes(box.value)) await unfollow(box.value)
    return isFirst
  }

  #unfollowAll() {
    return this.#perform(async () => { for (const box of this.#followed()) await unfollow(box.value) })
  }

  async #perform(act) {
    this.#showProblem('')
    this.#busy(true)
    try {
      const done = await act()
      this.dialog.close()
      await this.#refresh({ hasActed: true }).catch(problem => this.#sayUnread(problem))
      return done
    } catch (problem) {
      console.warn(problem)
      this.#showProblem(problem.message)
      await this.#refresh().catch(() => {})
    } finally {
      this.#busy(false)
    }
  }

  // The change succeeded, but the follows could not be read afterwards.
  #sayUnread(problem) {
    console.warn(problem)
    this.#say('Done. Reload this page to see what you follow now.')
  }

  // The pressed button may be hidden now, so the keyboard focus moves to the heading.
  #focusObstacle(stop) {
    this.#showObstacle(stop)
    const heading = this.#part('obstacle').querySelector('h3')
    heading.tabIndex = -1
    heading.focus()
  }

  #showObstacle(stop) {
    const box = this.#part('obstacle')
    box.hidden = !stop
    box.replaceChildren(...stop ? [renderObstacle(stop)] : [])
    box.dataset.obstacle = stop?.id ?? ''
    const final = stop && stop.id !== 'unanswered'
    this.#part('choice').hidden = final
    this.#part('confirm').hidden = final
  }

  #busy(busy) {
    this.dialog.toggleAttribute('aria-busy', busy)
    for (const name of ['confirm', 'unfollow']) this.#part(name).disabled = busy
  }

  get #root() { return this.shadowRoot ?? this }
  #isAllowed() { return 'Notification' in window && Notification.permission === 'granted' }
  #isFollowed(topic) { return this.#follows.has(topic) && getsAlerts(this.#follows.get(topic)) }
  #isMuted() { return this.#boxes().some(box => this.#follows.has(box.value) && !this.#isFollowed(box.value)) }
  #followed() { return this.#boxes().filter(box => this.#isFollowed(box.value)) }
  #boxes() { return [...this.dialog.querySelectorAll('[name=topic]')] }
  #part(name) { return this.dialog.querySelector(`.follow-${name}`) }
  #showProblem(text) { this.#part('problem').textContent = text }
  #chosenLevel() { return this.dialog.querySelector('[name=level]:checked').value }

  // say changes the status only if the text differs, so that a part that sayAlso added
  // stays.
  #say(text) {
    if (text === this.#said) return
    this.#said = text
    this.status.textContent = text
  }

  // sayAlso adds text or nodes after the status.
  #sayAlso(parts) {
    this.status.querySelector('.follow-also')?.remove()
    const also = document.createElement('span')
    also.className = 'follow-also'
    also.append(' ', ...parts)
    this.status.append(also)
  }
}

// permissionHint says that the browser will ask. Firefox supports notifications in
// private windows too, and does not tell a page that it is in one.
function permissionHint() {
  const hint = 'Your browser will ask for permission to send notifications.'
  return /Firefox/.test(navigator.userAgent) ? `${hint} In a private window, your follows end when you close it.` : hint
}

function checkbox({ value, textContent, dataset }) {
  const label = document.createElement('label')
  label.className = 'choice'
  label.innerHTML = '<input type="checkbox" name="topic"> <span><small></small></span>'
  const [input, name, note] = ['input', 'span', 'small'].map(part => label.querySelector(part))
  input.value = value
  input.dataset.name = value.startsWith('outage/') ? 'this outage' : textContent
  name.prepend(textContent, ' ')
  note.textContent = dataset.note
  return label
}

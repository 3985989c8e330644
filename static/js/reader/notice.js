// A notice is a notification to this browser alone: a welcome, or a test.

import '../worker/database.js'
import '../worker/secret-store.js'
import * as api from './api.js'

// patience is how long a notice may take from the push service to the screen,
// and between asking how it went.
const patience = 15_000
const pace = 500

// send asks for a notice. What the service worker says of it is heard from now
// on.
export async function send(kind) {
  const notice = new Notice()
  await notice.begin(kind)
  return notice
}

class Notice {
  #heard = new Map()
  #wake = () => {}

  async begin(kind) {
    navigator.serviceWorker.addEventListener('message', ({ data }) => this.#hear(data))
    navigator.serviceWorker.startMessages()
    this.secret = await secretStore.get()
    this.id = (await api.createNotice(this.secret, kind)).id
  }

  // answer is the push service's: the notice when it is accepted or failed, or
  // still waiting when nothing was answered in time. A notice that has arrived
  // was accepted.
  async answer(now = Date.now()) {
    for (;;) {
      if (this.#heard.has(this.id)) return { state: 'accepted', status: 201 }
      const notice = await api.readNotice(this.secret, this.id)
      if (notice.state !== 'waiting' || Date.now() > now + patience) return notice
      await this.#pause(pace)
    }
  }

  // arrival is shown, failed when the browser could not show it, or null when
  // nothing came in time.
  async arrival() {
    if (!this.#heard.has(this.id)) await this.#pause(patience)
    return this.#heard.get(this.id) ?? null
  }

  #hear(data) {
    for (const what of ['shown', 'failed']) if (data?.[what]?.notice) this.#heard.set(data[what].notice, what)
    if (this.#heard.has(this.id)) this.#wake()
  }

  #pause(milliseconds) {
    return new Promise(resume => {
      this.#wake = resume
      setTimeout(resume, milliseconds)
    })
  }
}

// A notice is a notification to this browser alone: a welcome, or a test.

import '../worker/database.js'
import '../worker/secret-store.js'
import * as api from './api.js'

// timeout is how long the push service may take to answer, and then the notice to
// reach the screen; pollInterval is the time between two questions. In milliseconds.
const timeout = 15_000
const pollInterval = 500

// send requests a notice, and listens to the service worker's reports about it.
export async function send(kind) {
  const notice = new Notice()
  await notice.begin(kind)
  return notice
}

class Notice {
  #reports = new Map()
  #wake = () => {}

  async begin(kind) {
    navigator.serviceWorker.addEventListener('message', ({ data }) => this.#receive(data))
    navigator.serviceWorker.startMessages()
    this.secret = await secretStore.get()
    this.id = (await api.createNotice(this.secret, kind)).id
  }

  // answer returns the notice once the push service accepted it or it failed, or with
  // the state waiting on timeout. A notice that has arrived was accepted.
  async answer(now = Date.now()) {
    for (;;) {
      if (this.#reports.has(this.id)) return { state: 'accepted', status: 201 }
      const notice = await api.readNotice(this.secret, this.id)
      if (notice.state !== 'waiting' || Date.now() > now + timeout) return notice
      await this.#sleep(pollInterval)
    }
  }

  // arrival returns shown, failed if the browser could not show the notice, or null on
  // timeout.
  async arrival() {
    if (!this.#reports.has(this.id)) await this.#sleep(timeout)
    return this.#reports.get(this.id) ?? null
  }

  #receive(data) {
    for (const result of ['shown', 'failed']) if (data?.[result]?.notice) this.#reports.set(data[result].notice, result)
    if (this.#reports.has(this.id)) this.#wake()
  }

  #sleep(milliseconds) {
    return new Promise(resume => {
      this.#wake = resume
      setTimeout(resume, milliseconds)
    })
  }
}

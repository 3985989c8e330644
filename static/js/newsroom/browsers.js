// Links this browser to the person who has signed in, so that they can send drafts to it.

import '../worker/database.js'
import '../worker/secret-store.js'
import { ask, obstacle } from '../reader/permission.js'
import { current, follow } from '../reader/subscription.js'

const form = document.querySelector('[data-links-browser]')

form?.addEventListener('submit', async event => {
  event.preventDefault()
  const problem = form.querySelector('.field-problem')
  const button = form.querySelector('button')
  problem.textContent = ''
  button.disabled = true
  try {
    const stop = obstacle() ?? await ask()
    if (stop) {
      problem.textContent = `${stop.title}. ${stop.text}`
      return
    }
    if (!await current()) await follow([])
    form.elements.secret.value = await secretStore.get()
    form.submit()
  } catch (error) {
    problem.textContent = error.message
  } finally {
    button.disabled = false
  }
})

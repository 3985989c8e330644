// Downloads everything that is stored about this browser.

import { element } from '../page/element.js'
import { data } from '../reader/subscription.js'
import { find } from './settings.js'
import { say } from './status-line.js'

find('download').addEventListener('click', async () => {
  try {
    const file = new Blob([JSON.stringify(await data(), null, 2)], { type: 'application/json' })
    const href = URL.createObjectURL(file)
    element('a', { href, download: 'newsbell-my-data.json' }).click()
    setTimeout(() => URL.revokeObjectURL(href), 60_000)
    say('Your data was saved as newsbell-my-data.json in your downloads.')
  } catch (problem) {
    say(problem.message)
  }
})

// An example of the notifications that a level includes.

import { element } from '../page/element.js'

const examples = {
  all: app => [`${app} recovers for some`, 'About half of those who saw problems report that it works.'],
  key: app => [`${app}: the cause is found`, 'Its engineers say what broke and are fixing it.'],
  resolution: app => [`Resolved: ${app} is back`, 'It works for everyone, after 4 hours and 11 minutes.'],
}

const captions = {
  all: 'You’ll get each update, such as:',
  key: 'You’ll get what matters most, and the resolution, such as:',
  resolution: 'You’ll get one notification, when it is resolved, such as:',
}

// example creates a picture of a notification; its show(level, app) changes it.
export function example() {
  const [caption, title, body] = ['caption', 'title', 'body'].map(part => element(part === 'caption' ? 'figcaption' : 'p', { className: `example-${part}` }))
  const icon = element('img', { src: new URL('../../icons/icon-192.png', import.meta.url).href, alt: '', width: 40, height: 40 })
  const card = element('div', { className: 'example-card' }, icon,
    element('div', {}, element('p', { className: 'example-source', textContent: 'Newsbell · now' }), title, body))
  const figure = element('figure', { className: 'example' }, caption, card)
  figure.show = (level, app) => {
    caption.textContent = captions[level]
    const [headline, text] = examples[level](app)
    title.textContent = headline
    body.textContent = text
  }
  return figure
}

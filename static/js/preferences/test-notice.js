// "Send a test notification": goes through the layers between the newsroom and this
// screen, one after the other, and names the one that is broken.

import { Halted, layers } from './layers.js'
import { find, onChange } from './mine.js'
import { words } from '../permission.js'

const states = { waiting: '', running: 'Checking…', passed: 'OK', mended: 'Fixed', broken: 'Failed', halted: 'Unknown' }

let running = false

find('test-send').addEventListener('click', run)
onChange(subscription => { if (!subscription && !running) clear() })

async function run() {
  if (running) return
  begin()
  const test = {}
  const mended = []
  for (const layer of layers) {
    mark(layer, 'running')
    try {
      const found = await layer.check(test)
      mark(layer, found.mended ? 'mended' : 'passed', found.text)
      if (found.mended) mended.push(layer.name)
    } catch (problem) {
      console.warn(problem)
      if (problem instanceof Halted) {
        mark(layer, 'halted')
        return end(`The test could not continue. ${problem.message}`)
      }
      mark(layer, 'broken', problem.help ? '' : problem.message, problem.help)
      return end(`It stops here: ${layer.name.toLowerCase()}.`)
    }
  }
  end(mended.length ? `It works now. Fixed: ${join(mended)}.` : 'It works. If you see no notification, your system is hiding it: check “Do not disturb” and focus modes.')
}

function begin() {
  running = true
  find('test-send').setAttribute('aria-disabled', 'true')
  find('test-layers').replaceChildren(...layers.map(row))
  find('test-layers').hidden = find('test-progress').hidden = false
  find('test-progress').max = layers.length
  find('test-progress').value = 0
  find('test-result').textContent = 'Testing…'
}

// clear leaves no result of a browser that has been forgotten.
function clear() {
  find('test-layers').hidden = find('test-progress').hidden = true
  find('test-result').textContent = ''
}

function end(result) {
  running = false
  find('test-send').removeAttribute('aria-disabled')
  find('test-result').textContent = result
}

function row({ id, name }) {
  const item = find('test-layer').content.cloneNode(true).firstElementChild
  item.dataset.layer = id
  item.querySelector('.layer-name').textContent = name
  return item
}

function mark({ id }, state, text = '', help = null) {
  const item = find('test-layers').querySelector(`[data-layer=${id}]`)
  item.dataset.state = state
  item.querySelector('.layer-words').textContent = [states[state], text].filter(Boolean).join(': ')
  item.querySelector('.layer-help').replaceChildren(...help ? [words(help)] : [])
  find('test-progress').value = find('test-layers').querySelectorAll('[data-state=passed], [data-state=mended]').length
}

const join = names => names.map(name => name.toLowerCase()).join(' and ')

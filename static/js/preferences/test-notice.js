// "Send a test notification" runs the checks between the newsroom and this screen in
// order, and names the first that fails.

import { Halted, checks } from './checks.js'
import { find, onChange } from './settings.js'
import { renderObstacle } from '../reader/permission.js'

const states = { waiting: '', running: 'Checking…', passed: 'OK', fixed: 'Fixed', broken: 'Failed', halted: 'Unknown' }

let running = false

find('test-send').addEventListener('click', run)
onChange(subscription => { if (!subscription && !running) clear() })

async function run() {
  if (running) return
  begin()
  const test = {}
  const fixed = []
  for (const check of checks) {
    mark(check, 'running')
    try {
      const found = await check.check(test)
      mark(check, found.fixed ? 'fixed' : 'passed', found.text)
      if (found.fixed) fixed.push(check.name)
    } catch (problem) {
      console.warn(problem)
      if (problem instanceof Halted) {
        mark(check, 'halted')
        return end(`The test could not continue. ${problem.message}`)
      }
      mark(check, 'broken', problem.help ? '' : problem.message, problem.help)
      return end(`The test failed at this step: ${check.name.toLowerCase()}.`)
    }
  }
  end(fixed.length ? `It works now. Fixed: ${join(fixed)}.` : 'It works. If you see no notification, your system is hiding it: check “Do not disturb” and focus modes.')
}

function begin() {
  running = true
  find('test-send').setAttribute('aria-disabled', 'true')
  find('test-checks').replaceChildren(...checks.map(row))
  find('test-checks').hidden = find('test-progress').hidden = false
  find('test-progress').max = checks.length
  find('test-progress').value = 0
  find('test-result').textContent = 'Testing…'
}

// clear removes the result once the browser has been forgotten.
function clear() {
  find('test-checks').hidden = find('test-progress').hidden = true
  find('test-result').textContent = ''
}

function end(result) {
  running = false
  find('test-send').removeAttribute('aria-disabled')
  find('test-result').textContent = result
}

function row({ id, name }) {
  const item = find('test-check').content.cloneNode(true).firstElementChild
  item.dataset.check = id
  item.querySelector('.check-name').textContent = name
  return item
}

function mark({ id }, state, text = '', help = null) {
  const item = find('test-checks').querySelector(`[data-check=${id}]`)
  item.dataset.state = state
  item.querySelector('.check-words').textContent = [states[state], text].filter(Boolean).join(': ')
  item.querySelector('.check-help').replaceChildren(...help ? [renderObstacle(help)] : [])
  find('test-progress').value = find('test-checks').querySelectorAll('[data-state=passed], [data-state=fixed]').length
}

const join = names => names.map(name => name.toLowerCase()).join(' and ')

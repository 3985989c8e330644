// What the newsroom is told of its alerts: that they were shown, clicked or
// dismissed. A receipt waits here until the server has it, a day at most. A
// classic script, as database.js is, which must be there before it.
self.receipts = (() => {
  const { waiting } = self.database('newsbell-receipts', 'waiting')
  const most = 100
  const day = 24 * 3600_000

  const drop = async receipts => {
    for (const { alert, event } of receipts) await waiting.delete(`${alert}/${event}`)
  }

  // spread is within how many milliseconds receipts are sent, at a random time:
  // not all readers of an alert report at once.
  const spread = 3000
  let timer = null

  return {
    add: ({ alert, receipt }, event) => waiting.put(`${alert}/${event}`, { alert, receipt, event, at: Date.now() }),

    // send sends all that wait. What the server did not take for reasons of
    // its own stays for the next time.
    async send() {
      const all = (await waiting.all()).sort((a, b) => b.at - a.at)
      const batch = all.slice(0, most).filter(({ at }) => at > Date.now() - day)
      await drop(all.filter(receipt => !batch.includes(receipt)))
      if (batch.length === 0) return
      const body = JSON.stringify({ receipts: batch.map(({ alert, receipt, event }) => ({ alert, receipt, event })) })
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(self.newsbell + '/api/v1/receipts', { method: 'POST', headers, body, keepalive: true }).catch(() => null)
      if (answer && answer.status !== 429 && answer.status < 500) await drop(batch)
    },

    // sendSoon sends all that wait, once, within the spread. Nobody waits for it.
    sendSoon() {
      timer ??= setTimeout(() => {
        timer = null
        this.send().catch(error => console.warn(error))
      }, Math.random() * spread)
    },

    forget: () => waiting.clear(),
  }
})()

// Work that goes on after its event has ended. Browsers keep an idle worker for half
// a minute; a receipt that this one no longer sends waits for the next push, or
// for a page. A classic script, because service workers import it with importScripts.
self.newsbellWorker ??= {}
self.newsbellWorker.inBackground = work => {
  work.catch(error => console.warn(error))
}

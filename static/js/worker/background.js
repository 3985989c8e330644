// Work that continues after its event has ended. Browsers keep an idle worker for half
// a minute; a receipt that it could not send by then waits for the next push or page
// view. A classic script, because service workers import it with importScripts.
self.newsbellWorker ??= {}
self.newsbellWorker.inBackground = work => {
  work.catch(error => console.warn(error))
}

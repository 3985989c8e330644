// The reader's time zone.

// reported is the name that the browser gives, which it may not know itself:
// Etc/Unknown, where the system does not say.
const reported = () => Intl.DateTimeFormat().resolvedOptions().timeZone

// isKnown says that this browser can tell the time there.
export function isKnown(name) {
  try {
    return Boolean(new Intl.DateTimeFormat('en-GB', { timeZone: name }))
  } catch {
    return false
  }
}

// isReported says that the browser tells a time zone that it knows.
export const isReported = () => Boolean(reported()) && isKnown(reported())

// timeZone is an IANA name: UTC, if the browser tells none that it knows.
export const timeZone = () => isReported() ? reported() : 'UTC'

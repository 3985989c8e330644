// The levels and mutes of a follow, and how they are shown and set.

export const levels = {
  all: 'all updates',
  key: 'key moments',
  resolution: 'only when it’s back',
}

const mutes = ['until_resolution', 'for_good']

// choiceOf returns the option that a follow is shown as: its mute, or else its level.
export const choiceOf = ({ level, muted }) => mutes.includes(muted) ? muted : level

// settingOf returns what to send for an option. A mute keeps the level.
export const settingOf = choice => mutes.includes(choice) ? { muted: choice } : { level: choice }

// stateOf returns the whole setting of a follow, to restore it later.
export const stateOf = ({ level, muted }) => level ? { level, muted } : { muted }

// getsAlerts says whether a follow gets any alerts, if only the resolution.
export const getsAlerts = ({ muted }) => muted !== 'for_good'

// effectiveLevel returns the level that counts now.
export const effectiveLevel = ({ level, muted }) => muted === 'until_resolution' ? 'resolution' : level

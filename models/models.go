// Package models is Newsbell's domain: apps, their outages and live updates,
// the readers' subscriptions and follows, and the alerts that carry updates to
// readers. It holds the rules and all SQL, on SQLite and PostgreSQL alike.
//
// What it promises:
//
//   - [Store.Publish] writes an update, its alert and the audit entry in one
//     transaction: all of it or nothing.
//   - To record a page of a shard, a worker must hold the shard's epoch; a worker
//     that lost its shard gets [ErrFenced] and changes nothing.
//   - A reader is addressed only by a secret that is stored as a hash.
//   - Times are UTC, to the microsecond, and come from the store's clock:
//     PostgreSQL's, or the machine's with SQLite.
package models

package models

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"gorm.io/gorm"
)

// listed is a row that pages show in a list.
type listed interface {
	rowID() int64
	// times returns the times that pages show.
	times() []*time.Time
}

func (o Outage) rowID() int64 { return o.ID }
func (a App) rowID() int64    { return a.ID }
func (u Update) rowID() int64 { return u.ID }

func (o Outage) times() []*time.Time { return []*time.Time{&o.BeganAt, o.ResolvedAt} }
func (a App) times() []*time.Time    { return []*time.Time{&a.StateChangedAt} }
func (u Update) times() []*time.Time { return []*time.Time{&u.PublishedAt} }

// list reads the rows of a query. A row that cannot be read or shown is skipped and named
// in the log: it must not break the whole page.
func list[T listed](ctx context.Context, s *Store, query *gorm.DB) ([]T, error) {
	query = query.Session(&gorm.Session{})
	var rows []T
	err := query.Find(&rows).Error
	if isRowFault(err) {
		rows, err = listOneByOne[T](ctx, s, query)
	}
	if err != nil {
		return nil, domain(err)
	}
	shown := rows[:0]
	for _, row := range rows {
		if err := checkTimes(row.times()); err != nil {
			skipRow[T](s, row.rowID(), err)
			continue
		}
		shown = append(shown, row)
	}
	return shown, nil
}

// listOneByOne reads the rows that can be read.
func listOneByOne[T listed](ctx context.Context, s *Store, query *gorm.DB) ([]T, error) {
	var ids []int64
	if err := query.Model(new(T)).Pluck("id", &ids).Error; err != nil {
		return nil, err
	}
	var rows []T
	for _, id := range ids {
		var row T
		err := query.Take(&row, "id = ?", id).Error
		switch {
		case err == nil:
			rows = append(rows, row)
		case isRowFault(err):
			skipRow[T](s, id, err)
		default:
			return nil, err
		}
	}
	return rows, ctx.Err()
}

// skipRow names a row in the log, once.
func skipRow[T any](s *Store, id int64, err error) {
	row := fmt.Sprintf("%s %d", strings.ToLower(reflect.TypeFor[T]().Name()), id)
	if _, isNamed := s.unreadable.LoadOrStore(row, true); !isNamed {
		s.log.Error("a row cannot be read; pages leave it out", "row", row, "error", err)
	}
}

// isRowFault reports whether an error is about one row, not about the database.
// database/sql has no type for that.
func isRowFault(err error) bool {
	return err != nil && strings.Contains(err.Error(), "sql: Scan error")
}

// checkTimes finds a time that JSON cannot write: RFC 3339 has years of four
// digits.
func checkTimes(times []*time.Time) error {
	for _, t := range times {
		if t == nil {
			continue
		}
		if year := t.UTC().Year(); year < 1 || year > 9999 {
			return fmt.Errorf("it has a time in the year %d", year)
		}
	}
	return nil
}

package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"newsbell/models/markdown"
)

// renderedTogether is how many updates are rendered between two queries.
const renderedTogether = 100

// render renders the body for readers.
func (u *Update) render() {
	body := markdown.Render(u.Body)
	u.BodyHTML, u.BodyText, u.Renderer = body.HTML, body.Text, markdown.Version
}

// AfterFind renders a body that an older release has written, so that it is never
// missing.
func (u *Update) AfterFind(*gorm.DB) error {
	if u.Renderer < markdown.Version {
		u.render()
		u.isStale = true
	}
	return nil
}

// renderUpdates renders and stores all updates that need it, after a migration or a change
// of the renderer. If it is interrupted, the next start continues.
func (s *Store) renderUpdates(ctx context.Context) error {
	for after := int64(0); ; {
		var updates []Update
		err := s.db.Write.WithContext(ctx).Where("renderer < ? AND id > ?", markdown.Version, after).
			Order("id").Limit(renderedTogether).Find(&updates).Error
		if err == nil {
			err = s.keepRendered(ctx, updates)
		}
		if err != nil {
			return fmt.Errorf("render updates: %w", err)
		}
		if len(updates) < renderedTogether {
			return nil
		}
		after = updates[len(updates)-1].ID
	}
}

// keepRendered stores what was rendered when updates were read.
func (s *Store) keepRendered(ctx context.Context, updates []Update) error {
	for _, u := range updates {
		if !u.isStale {
			continue
		}
		err := s.db.Write.WithContext(ctx).Model(&Update{}).Where("id = ? AND renderer < ?", u.ID, u.Renderer).
			Updates(map[string]any{"body_html": u.BodyHTML, "body_text": u.BodyText, "renderer": u.Renderer}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

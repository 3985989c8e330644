package newsroom

import (
	"context"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// publishedUpdates returns an outage's updates, each with its alert and its
// catch-ups.
func (n *Newsroom) publishedUpdates(ctx context.Context, outage models.Outage, actor static.EditorActor) ([]static.EditorUpdate, error) {
	updates, err := n.store.Updates(ctx, outage)
	if err != nil {
		return nil, err
	}
	alerts, err := n.store.AlertsOf(ctx, outage)
	if err != nil {
		return nil, err
	}
	catchUps, err := n.store.CatchUpsOf(ctx, outage)
	if err != nil {
		return nil, err
	}
	published := make([]static.EditorUpdate, len(updates))
	for i, update := range views.Updates(updates) {
		published[i].Update = update
		if alert, ok := alerts[update.ID]; ok {
			if published[i].Alert, err = n.alertView(ctx, alert, actor); err != nil {
				return nil, err
			}
			published[i].Alert.IsDrill = outage.IsDrill()
		}
		if err := n.addCatchUps(ctx, &published[i], catchUps[update.ID], actor); err != nil {
			return nil, err
		}
	}
	return published, nil
}

// addCatchUps adds the catch-ups that are being sent, and counts the readers of the
// finished ones.
func (n *Newsroom) addCatchUps(ctx context.Context, update *static.EditorUpdate, catchUps []models.Alert, actor static.EditorActor) error {
	for _, alert := range catchUps {
		view, err := n.alertView(ctx, alert, actor)
		if err != nil {
			return err
		}
		if view.Active() {
			update.CatchUps = append(update.CatchUps, *view)
		} else {
			update.CaughtUp += view.Accepted
		}
	}
	return nil
}

func (n *Newsroom) alertView(ctx context.Context, alert models.Alert, actor static.EditorActor) (*static.EditorAlert, error) {
	counts, err := n.store.Counts(ctx, alert)
	return &static.EditorAlert{
		ID: alert.ID, State: string(alert.State), StopReason: alert.StopReason, UndoUntil: alert.HoldUntil, UndoWithin: alert.HoldUntil.Sub(n.store.Now()),
		MayStop: actor.MayPublish, Counts: views.Counts(counts),
	}, err
}

// hiddenUpdates returns the updates of an outage that readers do not see.
func (n *Newsroom) hiddenUpdates(ctx context.Context, outage models.Outage, actor static.EditorActor) ([]static.EditorHidden, error) {
	updates, err := n.store.HiddenUpdates(ctx, outage)
	if err != nil {
		return nil, err
	}
	alerts, err := n.store.AlertsOf(ctx, outage)
	if err != nil {
		return nil, err
	}
	hidden := make([]static.EditorHidden, len(updates))
	for i, update := range updates {
		alert, err := n.alertView(ctx, alerts[update.ID], actor)
		if err != nil {
			return nil, err
		}
		alert.IsDrill = outage.IsDrill()
		hidden[i] = static.EditorHidden{ID: update.ID, Alert: *alert, Headline: update.Headline, Body: update.Body, SentAt: update.PublishedAt}
	}
	return hidden, nil
}

package models_test

import (
	"errors"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestARotatedKeyStaysUntilItsLastSubscriptionHasMoved(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		old := db.VAPIDKey()
		reader := db.Reader()
		current, err := db.AddVAPIDKey(ctx, "new public", "new private")
		if err != nil {
			t.Fatal(err)
		}
		if key, err := db.CurrentVAPIDKey(ctx); err != nil || key.ID != current.ID {
			t.Errorf("current key = %+v, %v", key, err)
		}
		if keys, err := db.RetireVAPIDKeys(ctx); err != nil || len(keys) != 0 {
			t.Errorf("retired %v, %v; want none: one subscription is bound to it", keys, err)
		}
		// A page that was open during the rotation still subscribes with the old one.
		late, err := db.Subscribe(ctx, models.NewSubscription{Browser: db.Browser(), VAPIDKey: old.PublicKey, TimeZone: "UTC"})
		if err != nil || late.VAPIDKeyID != old.ID {
			t.Errorf("late subscription = %+v, %v; want it bound to the old key", late, err)
		}
		uses, err := db.VAPIDKeyUses(ctx)
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "uses", modelstest.Facts{
			"of the old key":     {uses[old.ID], 2},
			"of the current key": {uses[current.ID], 0},
		})

		for _, sub := range []models.Subscription{reader, late.Subscription} {
			browser := db.Browser()
			moved, err := db.ChangeSubscription(ctx, sub, models.SubscriptionChange{Browser: &browser, VAPIDKey: current.PublicKey})
			if err != nil || moved.VAPIDKeyID != current.ID {
				t.Errorf("moved = %+v, %v", moved, err)
			}
		}
		if keys, err := db.RetireVAPIDKeys(ctx); err != nil || len(keys) != 1 || keys[0].ID != old.ID {
			t.Errorf("retired %v, %v; want the old one", keys, err)
		}
		_, err = db.Subscribe(ctx, models.NewSubscription{Browser: db.Browser(), VAPIDKey: old.PublicKey, TimeZone: "UTC"})
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("subscribe with a retired key: %v; want a conflict", err)
		}
		if keys, err := db.VAPIDKeys(ctx); err != nil || len(keys) != 1 || !keys[0].Current {
			t.Errorf("keys = %v, %v; want the current one alone", keys, err)
		}
	})
}

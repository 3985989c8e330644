package models_test

import (
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/endpoints"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestAStoreWorksThroughPgBouncerHoweverItPools(t *testing.T) {
	for _, pooling := range []string{"session", "transaction"} {
		t.Run(pooling, func(t *testing.T) {
			hosts, err := endpoints.NewAllowlist()
			if err != nil {
				t.Fatal(err)
			}
			direct := modelstest.EmptyPostgres(t)
			o := models.Options{URL: modelstest.Bouncer(t, direct, pooling), PushHosts: hosts}
			if pooling == "transaction" {
				o.TransactionPooling, o.MigrateURL = true, direct
			}
			db := modelstest.OpenWith(t, modelstest.Postgres, o)
			if names, err := db.Migrate(t.Context()); err != nil || len(names) == 0 {
				t.Fatalf("%v ran, %v", names, err)
			}
			db.VAPIDKey()
			outage := db.Outage("messages-down", "messenger")
			var group errgroup.Group
			for range 20 { // more than the server has sessions
				group.Go(func() error {
					db.Reader("outage/messages-down:all")
					_, err := db.Updates(t.Context(), outage)
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			alert := db.PublishNow(models.Draft{Outage: outage.Slug, Apps: []string{"messenger"}}).Alert
			claim := claimAll(t, db, alert.ID)[0]
			if pages := deliver(t, db, claim, ledger.Accepted); len(pages) != 1 || len(pages[0].readers) != 20 {
				t.Fatalf("pages = %+v; want one of 20", pages)
			}
			sent, err := db.Alert(t.Context(), alert.ID)
			if err != nil || sent.State != models.Sent {
				t.Errorf("the alert is %s, %v", sent.State, err)
			}
			if err := db.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAPoolOfTransactionsSaysWhatMigrationsNeed(t *testing.T) {
	store, err := models.Open(t.Context(), models.Options{URL: modelstest.EmptyPostgres(t), TransactionPooling: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "a session of their own") {
		t.Errorf("error = %v", err)
	}
}

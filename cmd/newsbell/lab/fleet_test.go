package lab

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"newsbell/cmd/newsbell/client"
	"newsbell/cmd/newsbell/program"
	"newsbell/cmd/newsbell/program/programtest"
	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushtest"
)

// fleet is a server and separate workers on one PostgreSQL and one NATS.
type fleet struct {
	t       *testing.T
	service *pushtest.Server
	c       program.Config
	api     *client.Client
	nats    *server.Server
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	service, err := pushtest.New(pushtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	f := &fleet{t: t, service: service}
	f.startNATS(-1)

	s := program.DefaultSettings()
	s.DatabaseURL, s.NATSURL = modelstest.Open(t, modelstest.Postgres).URL, f.nats.ClientURL()
	s.Listen, s.LogLevel, s.AllowPushHost = "127.0.0.1:0", "error", []string{service.URL()}
	if f.c, err = s.Check(); err != nil {
		t.Fatal(err)
	}
	f.c.RootCAs = service.CertPool()
	address, _ := programtest.Serve(t, f.c, io.Discard)
	f.api = client.New(address, f.token(s.DatabaseURL))
	return f
}

// startNATS starts an empty NATS server on a port; -1: any.
func (f *fleet) startNATS(port int) {
	f.t.Helper()
	var err error
	if f.nats, err = startNATS(f.t.TempDir(), port); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(f.stopNATS)
}

func (f *fleet) stopNATS() {
	f.nats.Shutdown()
	f.nats.WaitForShutdown()
}

func (f *fleet) token(databaseURL string) string {
	f.t.Helper()
	store, err := models.Open(f.t.Context(), models.Options{URL: databaseURL})
	if err != nil {
		f.t.Fatal(err)
	}
	defer store.Close()
	_, secret, err := store.CreateToken(f.t.Context(), models.NewToken{Name: "newsroom", Scopes: models.Scopes})
	if err != nil {
		f.t.Fatal(err)
	}
	return secret
}

// worker starts a worker, which runs until stop is called.
func (f *fleet) worker() (stop func()) {
	f.t.Helper()
	c := f.c
	c.Listen = ""
	_, stop = programtest.Start(f.t, c, io.Discard)
	return stop
}

// publish publishes the coverage's update and waits until its alert is sent.
func (f *fleet) publish(c coverage, u coverageUpdate) int64 {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 30*time.Second)
	defer cancel()
	p, err := f.api.Publish(ctx, c.Outage.Slug, client.Draft{
		Kind: u.Kind, Alert: u.Alert, Apps: u.Apps, States: u.States, Headline: u.Headline, Body: u.Body,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.api.Watch(ctx, *p.Alert, func(client.Alert) {}); err != nil {
		f.t.Fatal(err)
	}
	return p.Update.ID
}

func TestAFleetSharesAnAlertAndSurvivesTheLossOfNATS(t *testing.T) {
	f := newFleet(t)
	ctx := t.Context()
	story, err := readCoverage()
	if err != nil {
		t.Fatal(err)
	}
	if err := openOutage(ctx, f.api, story); err != nil {
		t.Fatal(err)
	}
	readers, err := newDemoReaders(ctx, f.service, f.api, story, 100, func() {})
	if err != nil {
		t.Fatal(err)
	}
	first, second := f.worker(), f.worker()
	defer second()
	published := map[int64]coverageUpdate{}
	publish := func(i int) { published[f.publish(story, story.Updates[i])] = story.Updates[i] }
	publish(0)
	first() // one worker stops
	publish(2)
	port := f.nats.Addr().(*net.TCPAddr).Port
	f.stopNATS() // and the queue is lost
	f.startNATS(port)
	publish(4)
	result, err := story.count(readers, published)
	if err != nil || result.err() != nil || result.Expected == 0 {
		t.Errorf("%s, %d unexpected, %v", result, result.Unexpected, err)
	}
}

func TestAWorkerNeedsPostgreSQLAndNATS(t *testing.T) {
	_, err := program.DefaultSettings().SenderSettings.Check()
	if err == nil {
		t.Fatal("no error")
	}
	for _, flag := range []string{"database-url", "nats-url"} {
		if !strings.Contains(err.Error(), "--"+flag+":") {
			t.Errorf("nothing is said of --%s in\n%v", flag, err)
		}
	}
}

package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
)

type newNotice struct {
	Kind string `json:"kind" doc:"welcome or test"`
}

type noticePath struct {
	ID int64 `path:"id"`
}

type notice struct {
	ID         int64      `json:"id"`
	Kind       string     `json:"kind"`
	State      string     `json:"state" doc:"waiting, accepted or failed"`
	Status     int        `json:"status" doc:"The push service's last HTTP status; 0 if there was none."`
	Reason     string     `json:"reason" doc:"Why it failed or is still waiting."`
	CreatedAt  time.Time  `json:"created_at"`
	AnsweredAt *time.Time `json:"answered_at"`
}

func (a *api) routeNotices() {
	handle(a, route{method: http.MethodPost, path: "/subscription/notices", id: "notify", who: "reader", status: http.StatusAccepted,
		summary: "Send me a notification"}, a.notify)
	handle(a, route{method: http.MethodGet, path: "/subscription/notices/{id}", id: "get-notice", who: "reader",
		summary: "The state of a notice"}, a.getNotice)
}

func (a *api) notify(ctx context.Context, in *body[newNotice]) (*body[notice], error) {
	created, err := a.publisher.Notice(ctx, readerOf(ctx), models.NoticeKind(in.Body.Kind))
	if err != nil {
		return nil, err
	}
	return &body[notice]{noticeOf(created)}, nil
}

func (a *api) getNotice(ctx context.Context, in *noticePath) (*body[notice], error) {
	found, err := a.store.Notice(ctx, readerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &body[notice]{noticeOf(found)}, nil
}

func noticeOf(n models.Notice) notice {
	return notice{
		ID: n.ID, Kind: string(n.Kind), State: string(n.State), Status: n.Status, Reason: n.Reason,
		CreatedAt: n.CreatedAt, AnsweredAt: n.AnsweredAt,
	}
}

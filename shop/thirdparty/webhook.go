package thirdparty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Notice is a webhook's body: news about something the shop has asked for.
type Notice struct {
	// ID is the same each time the same notice is sent: 1–64 of A–Z, a–z, 0–9, '_' and '-'.
	ID string `json:"id"`
	// Type is what happened, such as "payment.captured".
	Type string `json:"type"`
	// OrderID is the order that the shop asked it for: characters as of ID, since it is the message group of a FIFO queue.
	OrderID string `json:"orderId"`
	// Reference is the third party's own id of what it did: a payment's or a shipment's.
	Reference string `json:"reference"`
	// CorrelationID is the one that the shop asked with; "" if it did without.
	CorrelationID string `json:"correlationId,omitempty"`
	// CreatedAt is when it happened.
	CreatedAt time.Time `json:"createdAt"`
}

// Memory knows which notices have been dealt with.
type Memory interface {
	// Remember returns whether the notice is new, and from now on it is not.
	Remember(ctx context.Context, sender, id string) (isNew bool, err error)
}

// Receiver answers the webhooks of one third party.
type Receiver struct {
	sender string
	keys   Keys
	memory Memory
	act    func(ctx context.Context, n Notice) error
	now    func() time.Time
}

// NewReceiver returns the receiver of the webhooks that a sender, such as "payments", signs with one of the keys. Act is called for every
// genuine notice and must be idempotent: it comes again if the answer to the sender is lost.
func NewReceiver(sender string, keys Keys, memory Memory, act func(ctx context.Context, n Notice) error) *Receiver {
	return &Receiver{sender: sender, keys: keys, memory: memory, act: act, now: time.Now}
}

// Receive answers a webhook: 200 when it has been dealt with, now or before; 401 unless it carries a signature of the last five minutes;
// 400 if it is genuine and cannot be understood. Every refusal and every repetition is logged, and counted as WebhooksRefused and
// WebhooksRepeated.
func (w *Receiver) Receive(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	body, err := r.Body()
	if err != nil {
		return nil, err
	}
	keys, err := w.keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("getting the keys of webhooks from %s: %w", w.sender, err)
	}
	if err := verify(keys, r.Header(SignatureHeader), body, w.now()); err != nil {
		handler.Logger(ctx).Warn("webhook refused", "sender", w.sender, "reason", err.Error(), "bytes", len(body))
		handler.Count(ctx, "WebhooksRefused", 1, "sender", w.sender)
		// The sender is not told why: a forger would learn from it.
		return nil, handler.NewProblem(http.StatusUnauthorized, "The webhook has no valid %s of the last %.0f minutes.", SignatureHeader, Window.Minutes())
	}
	n, err := readNotice(body)
	if err != nil {
		return nil, err
	}
	handler.Annotate(ctx, "orderId", n.OrderID)
	if err := w.deal(ctx, n); err != nil {
		return nil, err
	}
	return handler.JSON(http.StatusOK, map[string]bool{"received": true}), nil
}

// deal acts first and remembers then: a crash in between makes the sender try again, and acting again is harmless, while a notice that is
// remembered and not acted on would be lost.
func (w *Receiver) deal(ctx context.Context, n Notice) error {
	if err := w.act(ctx, n); err != nil {
		return fmt.Errorf("dealing with notice %s %q from %s: %w", n.ID, n.Type, w.sender, err)
	}
	isNew, err := w.memory.Remember(ctx, w.sender, n.ID)
	if err != nil {
		return fmt.Errorf("remembering notice %s from %s: %w", n.ID, w.sender, err)
	}
	if !isNew {
		handler.Logger(ctx).Warn("webhook repeated, ignored", "sender", w.sender, "noticeId", n.ID, "noticeType", n.Type)
		handler.Count(ctx, "WebhooksRepeated", 1, "sender", w.sender)
		return nil
	}
	handler.Logger(ctx).Info("webhook", "sender", w.sender, "noticeId", n.ID, "noticeType", n.Type)
	return nil
}

// readNotice reads a genuine body. Members that are not known are ignored: senders add some without asking.
func readNotice(body []byte) (Notice, error) {
	var n Notice
	err := json.Unmarshal(body, &n)
	if err == nil && (!isID(n.ID) || n.Type == "" || !isID(n.OrderID)) {
		err = errors.New("id, type or orderId is missing, or one of the ids is not 1–64 of A–Z, a–z, 0–9, _ and -")
	}
	if err != nil {
		return Notice{}, &fault.Error{
			Kind: fault.ErrInvalid, Detail: "The webhook is signed, but is no notice.", Err: err,
			Fields: []fault.Field{{Field: "body", Message: "must be a JSON object with id, type and orderId"}},
		}
	}
	return n, nil
}

// maxID is how long a notice's id may be: it is also a deduplication id of SQS, which has at most 128.
const maxID = 64

func isID(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxID
}

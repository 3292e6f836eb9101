package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

var ctx = context.Background()

const amount = 4990

func charge(token Token) Charge {
	return Charge{OrderID: one, CustomerID: "u1", AmountCents: amount, Currency: "EUR", Token: token, Cause: Cause{"c1", "r1"}}
}

func TestCharge_Outcomes(t *testing.T) {
	for token, want := range map[Token]Status{
		"tok_ok": Captured, "tok_declined": Declined, "tok_pending": Pending, "tok_refund_fails": Captured,
	} {
		t.Run(string(token), func(t *testing.T) {
			w := newWorld()
			for range 3 {
				p, err := w.service().Charge(ctx, charge(token))
				if want == Declined {
					declined, ok := errors.AsType[*DeclinedError](err)
					require.True(t, ok, "%v", err)
					require.Equal(t, "card_declined", declined.Reason)
					require.Equal(t, "PaymentDeclined", declined.ErrorName())
				} else {
					require.NoError(t, err)
					require.Equal(t, want, p.Status)
				}
				require.Equal(t, want, w.payments[one].Status)
				require.Equal(t, Cause{"c1", "r1"}, w.payments[one].Cause)
			}
			require.Len(t, w.charges, 1)
		})
	}
}

func TestCharge_IsWrittenDownBeforeTheProviderIsAsked(t *testing.T) {
	w := newWorld()
	w.fault = func(call string) (error, error) {
		if call == "charge" {
			require.Equal(t, Pending, w.payments[one].Status)
		}
		return nil, nil
	}
	_, err := w.service().Charge(ctx, charge("tok_ok"))
	require.NoError(t, err)
}

func TestCharge_WithoutAnAnswerIsPending_AndTheProviderIsAsked(t *testing.T) {
	w := newWorld()
	w.fault = func(call string) (error, error) {
		if call == "charge" {
			return nil, fmt.Errorf("reading: %w", ErrNoAnswer)
		}
		return nil, nil
	}
	p, err := w.service().Charge(ctx, charge("tok_ok"))
	require.NoError(t, err)
	require.Equal(t, Pending, p.Status)
	p, err = w.service().Check(ctx, one)
	require.NoError(t, err)
	require.Equal(t, Captured, p.Status)
	require.Len(t, w.charges, 1)
}

func TestCharge_OtherwiseThanBefore(t *testing.T) {
	w := newWorld()
	_, err := w.service().Charge(ctx, charge("tok_ok"))
	require.NoError(t, err)
	dearer := charge("tok_ok")
	dearer.AmountCents++
	_, err = w.service().Charge(ctx, dearer)
	require.ErrorIs(t, err, fault.ErrPrecondition)
	require.Equal(t, int64(amount), w.the().paid)
}

func TestCharge_WrongInput(t *testing.T) {
	w := newWorld()
	_, err := w.service().Charge(ctx, Charge{AmountCents: -1})
	require.ErrorIs(t, err, fault.ErrInvalid)
	require.Len(t, fault.Fields(err), 5)
	require.Empty(t, w.payments)
}

func TestCharge_OfNothing(t *testing.T) {
	w := newWorld()
	gift := charge("tok_declined")
	gift.AmountCents = 0
	p, err := w.service().Charge(ctx, gift)
	require.NoError(t, err)
	require.Equal(t, Captured, p.Status)
	require.Equal(t, "free", p.PaymentID)
	_, err = w.service().Check(ctx, one)
	require.NoError(t, err)
	p, err = w.service().Refund(ctx, one, Cause{})
	require.NoError(t, err)
	require.Equal(t, Refunded, p.Status)
	require.Empty(t, w.charges, "no provider takes nothing")
}

func TestCheck_OfNoPayment(t *testing.T) {
	_, err := newWorld().service().Check(ctx, one)
	require.ErrorIs(t, err, fault.ErrNotFound)
}

func TestRefund_Outcomes(t *testing.T) {
	for token, want := range map[Token]Status{
		"tok_ok": Refunded, "tok_declined": Declined, "tok_pending": Voided, "tok_refund_fails": RefundFailed,
	} {
		t.Run(string(token), func(t *testing.T) {
			w := newWorld()
			_, _ = w.service().Charge(ctx, charge(token))
			for range 3 {
				p, err := w.service().Refund(ctx, one, Cause{"c2", "r2"})
				if want == RefundFailed {
					failed, ok := errors.AsType[*RefundFailedError](err)
					require.True(t, ok, "%v", err)
					require.Equal(t, "account_closed", failed.Reason)
					require.Equal(t, "RefundFailed", failed.ErrorName())
				} else {
					require.NoError(t, err)
				}
				require.Equal(t, want, p.Status)
			}
			require.LessOrEqual(t, len(w.refunds), 1)
			_, err := w.service().Charge(ctx, charge(token))
			_, declined := errors.AsType[*DeclinedError](err)
			require.True(t, declined, "a late charge is refused: %v", err)
		})
	}
}

func TestRefund_OfWhatWasNeverCharged_RefusesALateCharge(t *testing.T) {
	w := newWorld()
	p, err := w.service().Refund(ctx, one, Cause{"c2", "r2"})
	require.NoError(t, err)
	require.Equal(t, Voided, p.Status)
	_, err = w.service().Charge(ctx, charge("tok_ok"))
	require.EqualError(t, err, "the payment was declined: called_off")
	require.Empty(t, w.charges, "the provider was not even asked")
	_, err = w.service().Reconcile(ctx, one)
	require.NoError(t, err)
	require.Equal(t, Voided, w.payments[one].Status)
}

func TestLateCapture_IsRefunded(t *testing.T) {
	w := newWorld()
	w.voids = false // a provider that cannot refuse what it has not heard of
	w.fault = func(call string) (error, error) {
		if call == "charge" {
			return ErrNoAnswer, nil // and will come later
		}
		return nil, nil
	}
	_, err := w.service().Charge(ctx, charge("tok_ok"))
	require.NoError(t, err)
	p, err := w.service().Refund(ctx, one, Cause{})
	require.NoError(t, err)
	require.Equal(t, Voided, p.Status)

	w.calm()
	_, err = faultyProvider{w}.Charge(ctx, chargeKey(one), charge("tok_ok"))
	require.NoError(t, err)
	require.EqualValues(t, amount, w.the().paid)
	p, err = w.service().Reconcile(ctx, one) // as the provider's webhook does
	require.NoError(t, err)
	require.Equal(t, Refunded, p.Status)
	require.Zero(t, w.the().paid)
}

func TestToken_IsNeverShown(t *testing.T) {
	var out bytes.Buffer
	c := charge("tok_secret")
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	logger.Info("x", "token", c.Token, "charge", c, "pointer", &c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", c.Token, "charge", c)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb, c, c.Token)
	}
	encoded, err := json.Marshal(c)
	require.NoError(t, err)
	out.Write(encoded)
	require.NotContains(t, out.String(), "secret")
	require.NotContains(t, out.String(), fmt.Sprintf("%x", "secret"))
	require.Contains(t, out.String(), hidden)
}

func TestLearn_NeverUndoes(t *testing.T) {
	phases := []Phase{PhaseNone, PhasePending, PhaseCaptured, PhaseDeclined, PhaseVoided, PhaseRefunded, PhaseRefundFailed}
	taken := Payment{OrderID: one, Status: Refunding, Taken: true, PaymentID: "p"}
	for _, phase := range []Phase{PhaseNone, PhasePending, PhaseCaptured, PhaseDeclined, PhaseVoided} {
		require.Equal(t, taken, taken.learn(State{Phase: phase}), "money that was taken has to go back: %s", phase)
	}
	for _, phase := range phases {
		p := Payment{OrderID: one, Status: Refunded, Taken: true, PaymentID: "p", RefundID: "r"}
		require.Equal(t, p, p.learn(State{Phase: phase, PaymentID: "p", RefundID: "other"}), "refunded once: %s", phase)
		for _, status := range []Status{Pending, Captured, Declined, Refunding, Refunded, RefundFailed, Voided} {
			once := Payment{OrderID: one, Status: status, Taken: status == Captured}.learn(State{Phase: phase, PaymentID: "p"})
			require.Equal(t, once, once.learn(State{Phase: phase, PaymentID: "p"}), "%s %s", status, phase)
			if phase == PhaseCaptured && status != Refunded && status != RefundFailed {
				require.True(t, once.Taken, "%s: money is never forgotten", status)
			}
		}
	}
}

// TestPayment_AnySchedule runs charges, checks, refunds and webhooks against each other while calls fail before and after their effects,
// and then lets everything come to rest.
func TestPayment_AnySchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		w.voids = rapid.Bool().Draw(t, "voids")
		token := Token(rapid.SampledFrom([]string{"tok_ok", "tok_declined", "tok_pending", "tok_refund_fails"}).Draw(t, "token"))
		told := map[string]bool{}
		act := func() { w.act(t, token, told) }
		depth := 0
		w.meanwhile = func() {
			if depth < 2 && rapid.IntRange(0, 9).Draw(t, "meanwhile") == 0 {
				depth++
				act()
				depth--
			}
		}
		w.fault = func(call string) (error, error) {
			failure := errCrash
			if call == "charge" && rapid.Bool().Draw(t, "no answer") {
				failure = ErrNoAnswer
			}
			switch rapid.IntRange(0, 7).Draw(t, call+" fails") {
			case 0:
				return failure, nil
			case 1:
				return nil, failure
			}
			return nil, nil
		}
		for range rapid.IntRange(1, 12).Draw(t, "actions") {
			act()
		}
		w.calm()
		w.rest(t, token, told)
		w.checkInvariants(t, token, told)
	})
}

// act is one thing that may happen, and what somebody was told by it.
func (w *world) act(t *rapid.T, token Token, told map[string]bool) {
	switch rapid.SampledFrom([]string{"charge", "charge", "check", "refund", "webhook", "capture", "late"}).Draw(t, "action") {
	case "charge":
		told["asked"] = true
		_, _ = w.service().Charge(ctx, charge(token))
	case "check":
		_, _ = w.service().Check(ctx, one)
	case "refund":
		told["refund"] = true
		_, _ = w.service().Refund(ctx, one, Cause{})
	case "webhook":
		_, _ = w.service().Reconcile(ctx, one)
	case "capture":
		w.capture(amount)
	case "late": // a request of before, which the network had kept
		if w.payments[one].CustomerID != "" {
			_, _ = faultyProvider{w}.Charge(ctx, chargeKey(one), charge(token))
		}
	}
}

// rest is what retries, and the webhooks of a provider, bring everything to in the end.
func (w *world) rest(t *rapid.T, token Token, told map[string]bool) {
	if told["refund"] {
		_, err := w.service().Refund(ctx, one, Cause{})
		_, failed := errors.AsType[*RefundFailedError](err)
		require.True(t, err == nil || failed && token == "tok_refund_fails", "%v", err)
	} else if told["asked"] {
		_, err := w.service().Charge(ctx, charge(token))
		_, declined := errors.AsType[*DeclinedError](err)
		require.True(t, err == nil || declined && token == "tok_declined", "%v", err)
	}
	w.capture(amount)
	if w.payments[one].Version > 0 {
		_, err := w.service().Reconcile(ctx, one)
		require.NoError(t, err)
	}
}

func (w *world) checkInvariants(t *rapid.T, token Token, told map[string]bool) {
	require.LessOrEqual(t, len(w.charges), 1, "charged at most once")
	require.LessOrEqual(t, len(w.refunds), 1, "refunded at most once")
	p := w.payments[one]
	var held int64
	if c := w.the(); c != nil {
		held = c.paid
	}
	switch {
	case token == "tok_declined":
		require.Zero(t, held)
	case told["refund"] && token == "tok_refund_fails" && held > 0:
		require.Equal(t, RefundFailed, p.Status, "nothing is hidden")
	case told["refund"]:
		require.Zero(t, held, "the customer has the money back: %+v", p)
		require.Contains(t, []Status{Refunded, Voided}, p.Status)
	case told["asked"]:
		require.EqualValues(t, amount, held)
		require.Equal(t, Captured, p.Status)
	}
	refunded := 0
	for i, was := range w.history {
		require.EqualValues(t, i+1, was.Version)
		if was.Status == Refunded {
			refunded++
		}
	}
	require.LessOrEqual(t, refunded, 1, "one event says that the money went back")
}

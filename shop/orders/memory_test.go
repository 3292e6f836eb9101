package orders

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// noon is when the tests' orders are placed.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// memory is a Store in memory.
type memory struct {
	mu      sync.Mutex
	history map[string][]Recorded
	private map[string]Private
	keys    map[string]Placement
	erased  map[string]bool
	// before, if set, runs once before the next Append looks at the history.
	before func()
}

func newMemory() *memory {
	return &memory{history: map[string][]Recorded{}, private: map[string]Private{}, keys: map[string]Placement{}, erased: map[string]bool{}}
}

func (m *memory) Create(_ context.Context, p Placement) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := p.CustomerID + "#" + p.Key
	if m.erased[p.CustomerID] {
		return errErased
	}
	if _, taken := m.keys[key]; taken {
		return errKeyTaken
	}
	m.history[p.OrderID], m.private[p.OrderID], m.keys[key] = []Recorded{p.First}, p.Private, p
	return nil
}

func (m *memory) Placed(_ context.Context, customerID, key string) (string, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.keys[customerID+"#"+key]
	return p.OrderID, p.Hash, nil
}

func (m *memory) Load(_ context.Context, id string) (Order, []Recorded, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	history := m.history[id]
	if len(history) == 0 {
		return Order{}, nil, notFound(id)
	}
	order, err := Replay(history)
	return order, append([]Recorded{}, history...), err
}

func (m *memory) Whole(ctx context.Context, id string) (Order, []Recorded, bool, error) {
	order, history, err := m.Load(ctx, id)
	m.mu.Lock()
	defer m.mu.Unlock()
	return order, history, m.erased[order.CustomerID], err
}

func (m *memory) Append(_ context.Context, id string, next Recorded) error {
	if before := m.before; before != nil {
		m.before = nil
		before()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.history[id]) != next.Version-1 {
		return errVersion
	}
	m.history[id] = append(m.history[id], next)
	return nil
}

func (m *memory) AppendPersonal(ctx context.Context, id string, next Recorded) error {
	m.mu.Lock()
	erased := len(m.history[id]) > 0 && m.erased[m.history[id][0].Detail.(event.OrderCreated).CustomerID]
	m.mu.Unlock()
	if erased {
		return errErased
	}
	return m.Append(ctx, id, next)
}

// shelf is a Catalogue.
type shelf map[string]catalog.Product

func (s shelf) GetAll(_ context.Context, ids []string) (map[string]catalog.Product, error) {
	found := map[string]catalog.Product{}
	for _, id := range ids {
		if p, ok := s[id]; ok {
			found[id] = p
		}
	}
	return found, nil
}

// goods are what the tests buy.
var goods = shelf{
	"mug":    {ID: "mug", Name: "Mug", PriceCents: 1290, Currency: "EUR"},
	"teapot": {ID: "teapot", Name: "Teapot", PriceCents: 3999, Currency: "EUR"},
	"dollar": {ID: "dollar", Name: "From overseas", PriceCents: 100, Currency: "USD"},
}

// draft is a good order of 2 mugs and a teapot: 65.79 euros.
func draft() Draft {
	return Draft{
		Lines:           []DraftLine{{"mug", 2}, {"teapot", 1}},
		ShippingAddress: Address{Name: "Ada Lovelace", Street: "12 St James's Square", City: "London", Postcode: "SW1Y", Country: "GB"},
		PaymentToken:    "tok_ok",
	}
}

// newTestService counts ids, and lets a second pass between two events.
func newTestService(store Store) *Service {
	s := NewService(store)
	var mu sync.Mutex
	ids, ticks := 0, 0
	s.newID = func() string {
		mu.Lock()
		defer mu.Unlock()
		ids++
		return fmt.Sprintf("order-%d", ids)
	}
	s.now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		ticks++
		return noon.Add(time.Duration(ticks-1) * time.Second)
	}
	return s
}

var about = event.NewMeta("correlation", "cause")

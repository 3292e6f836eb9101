package versioned

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/faketable"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// note is a record.
type note struct {
	Stamp

	ID   string `dynamodbav:"noteId"`
	Text string `dynamodbav:"text"`
}

var clock = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))

// newTable returns a table whose clock goes on by a second at each change.
func newTable(client Client) *Table {
	t, now := NewTable(client, "notes", "noteId"), clock
	t.now = func() time.Time { now = now.Add(time.Second); return now }
	return t
}

func find(t *testing.T, table *Table, id string) note {
	t.Helper()
	var n note
	require.NoError(t, table.Find(t.Context(), id, &n))
	return n
}

func TestSave_CountsVersionsAndKeepsTheFirstTime(t *testing.T) {
	table := newTable(faketable.New("noteId"))
	require.Zero(t, find(t, table, "n1"))
	n := note{ID: "n1", Text: "a"}
	require.NoError(t, table.Save(t.Context(), &n))
	first := time.Date(2026, 3, 1, 11, 0, 1, 123000000, time.UTC)
	require.Equal(t, note{Stamp{1, first, first}, "n1", "a"}, n)
	require.Equal(t, n, find(t, table, "n1"))
	n.Text = "b"
	require.NoError(t, table.Save(t.Context(), &n))
	require.Equal(t, note{Stamp{2, first, first.Add(time.Second)}, "n1", "b"}, n)
	require.Equal(t, n, find(t, table, "n1"))
	require.Zero(t, find(t, table, "n2"))
}

func TestSave_OnlyOverTheVersionItWasMadeFrom(t *testing.T) {
	table := newTable(faketable.New("noteId"))
	n := note{ID: "n1"}
	require.NoError(t, table.Save(t.Context(), &n))
	for name, stale := range map[string]note{
		"made as if there were none": {ID: "n1", Text: "lost"},
		"made from another version":  {Stamp: Stamp{Version: 2}, ID: "n1", Text: "lost"},
		"of one that does not exist": {Stamp: Stamp{Version: 1}, ID: "n2", Text: "lost"},
	} {
		before := stale
		require.ErrorIs(t, table.Save(t.Context(), &stale), ErrConflict, name)
		require.Equal(t, before, stale, name)
	}
	require.Equal(t, n, find(t, table, "n1"))
	require.Zero(t, find(t, table, "n2"))
}

func TestTable_Failures(t *testing.T) {
	away := errors.New("away")
	fake := faketable.New("noteId")
	table := newTable(fake)
	fake.Fail = func(string) error { return away }
	n := note{ID: "n1"}
	err := table.Find(t.Context(), "n1", &n)
	require.ErrorIs(t, err, away)
	require.ErrorContains(t, err, `getting "n1" from notes: `)
	err = table.Save(t.Context(), &n)
	require.ErrorIs(t, err, away)
	require.ErrorContains(t, err, `putting "n1" into notes: `)
	require.Zero(t, n.Version)
}

func TestFind_AnItemThatIsNoRecord(t *testing.T) {
	fake := faketable.New("noteId")
	_, err := fake.PutItem(t.Context(), &dynamodb.PutItemInput{Item: map[string]types.AttributeValue{
		"noteId": attr.Text("n1"), "createdAt": attr.Text("yesterday"),
	}})
	require.NoError(t, err)
	require.ErrorContains(t, newTable(fake).Find(t.Context(), "n1", &note{}), `reading "n1" of notes: `)
}

// asked is a reader that remembers what it was asked for.
type asked struct{ in *dynamodb.GetItemInput }

func (a *asked) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	a.in = in
	return &dynamodb.GetItemOutput{}, nil
}

func TestFind_SeesWhatWasJustStored(t *testing.T) {
	reader := &asked{}
	require.NoError(t, NewView(reader, "notes", "noteId").Find(t.Context(), "n1", &note{}))
	require.True(t, *reader.in.ConsistentRead)
}

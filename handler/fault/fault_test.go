package fault_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

func TestError_IsItsKindAndItsCause(t *testing.T) {
	err := fmt.Errorf("getting it: %w", &fault.Error{Kind: fault.ErrNotFound, Detail: "There is none.", Err: io.EOF})
	require.ErrorIs(t, err, fault.ErrNotFound)
	require.ErrorIs(t, err, io.EOF)
	require.NotErrorIs(t, err, fault.ErrInvalid)
	require.EqualError(t, err, "getting it: not found: There is none.: EOF")
	require.ErrorIs(t, fault.New(fault.ErrForbidden, "No %s.", "way"), fault.ErrForbidden)
}

func TestInvalid(t *testing.T) {
	require.NoError(t, fault.Invalid())
	one := fault.Field{Field: "name", Message: "is required"}
	err := fault.Invalid(one)
	require.EqualError(t, err, "invalid: One field is wrong. name: is required;")
	require.Equal(t, []fault.Field{one}, fault.Fields(fmt.Errorf("saving: %w", err)))
	require.ErrorContains(t, fault.Invalid(one, one), "2 fields are wrong.")
	require.Empty(t, fault.Fields(errors.New("other")))
}

func TestQuote_IsShortAndOnOneLine(t *testing.T) {
	require.Equal(t, `"a\nb"`, fault.Quote("a\nb"))
	require.Equal(t, `"`+strings.Repeat("ö", 60)+`"…`, fault.Quote(strings.Repeat("ö", 1000)))
}

package attr

import (
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestPlain_ReadsWhatTextAndNumberMake(t *testing.T) {
	require.Equal(t, "cups & mugs", Plain(Text("cups & mugs")))
	require.Equal(t, "-9223372036854775808", Plain(Number(math.MinInt64)))
	require.Empty(t, Plain(nil))
	require.Empty(t, Plain(&types.AttributeValueMemberBOOL{Value: true}))
}

func TestExpiry_IsInSeconds(t *testing.T) {
	require.Equal(t, Number(1767927845), Expiry(time.UnixMilli(1767927845999)))
}

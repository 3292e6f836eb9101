package thirdparty

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

// fakeSecrets is Secrets Manager with one secret, whose versions are known by their stages.
type fakeSecrets struct {
	versions map[string]string
	err      error
	reads    int
}

func (f *fakeSecrets) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (
	*secretsmanager.GetSecretValueOutput, error,
) {
	f.reads++
	if f.err != nil {
		return nil, f.err
	}
	value, ok := f.versions[*in.VersionStage]
	if !ok {
		return nil, &types.ResourceNotFoundException{}
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: &value}, nil
}

func TestSecretKeys_WhileAKeyIsReplaced(t *testing.T) {
	fake := &fakeSecrets{versions: map[string]string{"AWSCURRENT": "one"}}
	clock := now
	s := &secret{client: fake, arn: "arn", now: func() time.Time { return clock }}
	read := func(want ...string) {
		t.Helper()
		got, err := s.keys(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	read("one")
	reads := fake.reads
	fake.versions = map[string]string{"AWSCURRENT": "two", "AWSPREVIOUS": "one"}
	read("one")
	require.Equal(t, reads, fake.reads, "fresh keys are not read again")
	clock = clock.Add(keysFresh)
	read("two", "one")
	fake.err = errors.New("throttled")
	clock = clock.Add(keysFresh)
	read("two", "one")
	fake.err = nil
	clock = clock.Add(keysFresh)
	fake.versions = map[string]string{"AWSCURRENT": "three", "AWSPREVIOUS": "two"}
	read("three", "two")
}

func TestSecretKeys_NeverRead(t *testing.T) {
	fake := &fakeSecrets{err: errors.New("denied")}
	_, err := SecretKeys(fake, "arn")(t.Context())
	require.ErrorIs(t, err, fake.err)
	fake.err, fake.versions = nil, map[string]string{}
	_, err = SecretKeys(fake, "arn")(t.Context())
	require.ErrorContains(t, err, "getting version AWSCURRENT of secret arn")
}

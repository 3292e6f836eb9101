package thirdparty

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/serverless-shop/serverless-shop/handler"
)

// SecretClient is what [SecretKeys] needs of Secrets Manager; *secretsmanager.Client has it.
type SecretClient interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// keysFresh is how long keys are used before they are read again: a new key is known everywhere a minute after it was stored.
const keysFresh = time.Minute

// SecretKeys returns the keys in a secret of Secrets Manager, by its ARN: the current version and, while there is one, the version before.
// So a key is replaced by storing another one: the shop accepts both until it is replaced again. Keys are read when they are first
// needed, and again after a minute; if that fails, those that were read before stay.
func SecretKeys(client SecretClient, arn string) Keys {
	s := &secret{client: client, arn: arn, now: time.Now}
	return s.keys
}

type secret struct {
	client SecretClient
	arn    string
	now    func() time.Time

	mu    sync.Mutex
	known []string
	until time.Time
}

func (s *secret) keys(ctx context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().Before(s.until) {
		return s.known, nil
	}
	fresh, err := s.read(ctx)
	if err != nil && s.known == nil {
		return nil, err
	}
	if err != nil {
		handler.Logger(ctx).Warn("secret cannot be read again; using what was read before", "error", err)
	} else {
		s.known = fresh
	}
	s.until = s.now().Add(keysFresh)
	return s.known, nil
}

// read gets both versions.
func (s *secret) read(ctx context.Context) ([]string, error) {
	current, err := s.version(ctx, "AWSCURRENT")
	if err != nil {
		return nil, err
	}
	previous, err := s.version(ctx, "AWSPREVIOUS")
	if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
		return []string{current}, nil
	}
	if err != nil {
		return nil, err
	}
	return []string{current, previous}, nil
}

func (s *secret) version(ctx context.Context, stage string) (string, error) {
	out, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.arn, VersionStage: &stage})
	if err != nil {
		return "", fmt.Errorf("getting version %s of secret %s: %w", stage, s.arn, err)
	}
	return aws.ToString(out.SecretString), nil
}

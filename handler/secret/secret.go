// Package secret reads secrets from Secrets Manager. It is apart from package handler so that only functions with a secret carry the client.
//
//	webhook := secret.New(env, "WEBHOOK_SECRET_ARN")
//	…
//	key, err := webhook.Value(ctx)
package secret

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/serverless-shop/serverless-shop/handler"
)

// How long a secret is kept. Rotation leaves the old value valid until the next one, so a few minutes are early enough to learn of it, and
// 10,000 reads cost 5 cents. When reading fails, the kept value serves on, and the next try waits a little.
const (
	keepFor    = 5 * time.Minute
	retryAfter = 10 * time.Second
)

// Secret is a value in Secrets Manager. It is read when it is first asked for, and again when it may have changed. It is safe for concurrent
// use.
type Secret struct {
	arn  string
	read func(ctx context.Context, arn string) (string, error)

	mu    sync.Mutex
	value string
	known bool
	until time.Time // the value need not be read again
}

// New returns the secret whose ARN the stack sets for this function (components.Secret links it), e.g. secret.New(env, "WEBHOOK_SECRET_ARN").
// Nothing is read yet.
//
// Like [handler.Env.Get], it does not fail when the variable is missing: Start… does.
func New(env *handler.Env, variable string) *Secret {
	client := secretsmanager.NewFromConfig(env.AWS())
	return &Secret{arn: env.Get(variable), read: func(ctx context.Context, arn string) (string, error) {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn)})
		if err != nil {
			return "", err
		}
		if out.SecretString == nil {
			return "", fmt.Errorf("version %s is binary, want text", aws.ToString(out.VersionId))
		}
		return *out.SecretString, nil
	}}
}

// Value returns the secret, which is at most 5 minutes old. If it cannot be read again, the last known value is returned, and a warning logged;
// the error is of the first read alone.
func (s *Secret) Value(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known && time.Now().Before(s.until) {
		return s.value, nil
	}
	value, err := s.read(ctx, s.arn)
	switch {
	case err == nil:
		s.value, s.known, s.until = value, true, time.Now().Add(keepFor)
	case s.known:
		handler.Logger(ctx).Warn("secret cannot be read again, using the last value", "secret", s.arn, "error", err)
		s.until = time.Now().Add(retryAfter)
	default:
		return "", fmt.Errorf("reading the secret %s: %w", s.arn, err)
	}
	return s.value, nil
}

package shop

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/serverless-shop/serverless-shop/local/demo"
	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/progress"
)

// loadDemo puts the demo products into the shop through its own API, and their pictures into the media bucket.
func (u *up) loadDemo(ctx context.Context, state *engine.State, step *progress.Step, bearer func(context.Context) (string, error)) (string, error) {
	step.Say("waiting for the API")
	result, err := demo.Load(ctx, demo.Options{
		APIURL:      u.frontDoorURL() + "/api",
		MediaBucket: state.Text("mediaBucket"),
		Bearer:      bearer,
		S3:          s3.NewFromConfig(u.AWS(), func(o *s3.Options) { o.UsePathStyle = true }),
		Progress: func(done, total int) {
			step.Say("products")
			step.Count(done, total)
		},
	})
	if err != nil {
		return "", fmt.Errorf("loading the demo data: %w", err)
	}
	if result.Created == 0 {
		return fmt.Sprintf("%d products are there", result.Existing), nil
	}
	// Lists that were asked for before are cached without the new products.
	if err := u.reload(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d products created", result.Created), nil
}

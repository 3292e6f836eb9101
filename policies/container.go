package policies

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

const (
	// RunTask is starting a task of a task definition on ECS.
	RunTask = "ecs:RunTask"
	// PassRole is handing a role to a service that is to work with it.
	PassRole = "iam:PassRole"
)

// PullImages allows pulling images from one ECR repository. The token that a client signs in with is the same for all repositories; it opens
// only those that the other actions are allowed on.
func PullImages(repository pulumi.StringInput) Grant {
	return Grant{Statements: []Statement{
		{Actions: []string{"ecr:GetAuthorizationToken"}, Resources: All},
		{
			Actions:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
			Resources: []pulumi.StringInput{repository},
		},
	}}
}

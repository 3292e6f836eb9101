package policies

// The actions of a function that gives a secret a new value, by their names in the Service Authorization Reference for Secrets Manager; see
// also [GetSecretValue].
const (
	DescribeSecret           = "secretsmanager:DescribeSecret"
	PutSecretValue           = "secretsmanager:PutSecretValue" //nolint:gosec // the name of an action, not a secret
	UpdateSecretVersionStage = "secretsmanager:UpdateSecretVersionStage"
)
